//go:build !race

package hashstore_test

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

func numbered(n int) *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{Created: now, Deadline: now.Add(24 * time.Hour), Expires: now.Add(time.Hour), Version: 1}
	binary.LittleEndian.PutUint64(rec.ID[:], uint64(n)*0x9e3779b97f4a7c15+1)
	binary.LittleEndian.PutUint64(rec.ID[16:], uint64(n))
	rec.Owner = "user-" + string(rune('a'+n%26))
	rec.Meta = make([]byte, 40)
	rec.Data = make([]byte, 1024)
	return rec
}

var sink []byte

func BenchmarkStore(b *testing.B) {
	const n = 100_000
	ctx := context.Background()
	s := open(b, filepath.Join(b.TempDir(), "s"), hashstore.Options{Durability: hashstore.None()})
	recs := make([]*coatcheck.Record, n)
	for i := range recs {
		recs[i] = numbered(i)
	}
	t0 := time.Now()
	for i := range recs {
		if err := s.Create(ctx, recs[i]); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("create %v", time.Since(t0)/n)
	x := uint64(1)
	next := func() int { x ^= x << 13; x ^= x >> 7; x ^= x << 17; return int(x % n) }
	b.Run("get", func(b *testing.B) {
		for range b.N {
			if _, err := s.Load(ctx, recs[next()].ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		m := make(map[coatcheck.ID][]byte, n)
		for _, r := range recs {
			m[r.ID] = append([]byte(nil), r.Data...)
		}
		var mu sync.Mutex
		b.ResetTimer()
		for range b.N {
			id := recs[next()].ID
			mu.Lock()
			v := m[id]
			mu.Unlock()
			sink = append([]byte(nil), v...)
		}
	})
	b.Run("touch", func(b *testing.B) {
		to := recs[0].Expires
		for range b.N {
			to = to.Add(time.Millisecond)
			if err := s.Touch(ctx, recs[next()].ID, to); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("put", func(b *testing.B) {
		for range b.N {
			r := recs[next()]
			c := *r
			c.Version++
			if err := s.Replace(ctx, &c, r.Version); err != nil {
				b.Fatal(err)
			}
			r.Version++
		}
	})
}
