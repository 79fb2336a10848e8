package memstore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

func TestLoadAndReplaceAllocateNothing(t *testing.T) {
	ctx := context.Background()
	absent := idOf(1)
	for _, owner := range []string{"", "ann"} {
		s := memstore.New(nil)
		rec := lasting(0, owner)
		must(t, s.Create(ctx, rec))
		if n := testing.AllocsPerRun(100, func() {
			if _, err := s.Load(ctx, rec.ID); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("owner %q: Load allocates %v times, want 0", owner, n)
		}
		if n := testing.AllocsPerRun(100, func() {
			if _, err := s.Load(ctx, absent); err == nil {
				t.Fatal("no error")
			}
		}); n != 0 {
			t.Errorf("owner %q: Load of nothing allocates %v times, want 0", owner, n)
		}
		two := [2]*coatcheck.Record{next(rec, "longer than before"), next(rec, "short")}
		two[1].Version = rec.Version
		i := 0
		if n := testing.AllocsPerRun(100, func() {
			must(t, s.Replace(ctx, two[i], two[1-i].Version))
			i = 1 - i
		}); n != 0 {
			t.Errorf("owner %q: Replace allocates %v times, want 0", owner, n)
		}
	}
}

// lasting is a session that is live by the time of day.
func lasting(n int, owner string) *coatcheck.Record {
	rec := session(n, owner)
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec.Expires, rec.Deadline = now.Add(time.Hour), now.Add(12*time.Hour)
	return rec
}

// filled returns a store with n sessions, and their records.
func filled(b *testing.B, n int) (*memstore.Store, []*coatcheck.Record) {
	s := memstore.New(nil)
	recs := make([]*coatcheck.Record, n)
	for i := range recs {
		recs[i] = lasting(i, "ann")
		must(b, s.Create(context.Background(), recs[i]))
	}
	return s, recs
}

func BenchmarkLoad(b *testing.B) {
	s, recs := filled(b, 10_000)
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Load(ctx, recs[i%len(recs)].ID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadParallel(b *testing.B) {
	s, recs := filled(b, 10_000)
	ctx := context.Background()
	var lane atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := int(lane.Add(7919)); pb.Next(); i++ {
			if _, err := s.Load(ctx, recs[i%len(recs)].ID); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkReplace(b *testing.B) {
	s, recs := filled(b, 10_000)
	ctx := context.Background()
	var twins [2][]*coatcheck.Record
	for _, rec := range recs {
		twins[0] = append(twins[0], rec)
		twins[1] = append(twins[1], next(rec, "changed"))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		round, n := i/len(recs)%2, i%len(recs)
		must(b, s.Replace(ctx, twins[1-round][n], twins[round][n].Version))
	}
}

func BenchmarkTouch(b *testing.B) {
	s, recs := filled(b, 10_000)
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rec := recs[i%len(recs)]
		must(b, s.Touch(ctx, rec.ID, rec.Expires.Add(time.Duration(1+i/len(recs))*time.Millisecond)))
	}
}

// BenchmarkFlood creates anonymous sessions at the limit.
func BenchmarkFlood(b *testing.B) {
	s := memstore.New(nil)
	ctx := context.Background()
	model := *lasting(0, "")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rec := model
		rec.ID = idOf(i)
		must(b, s.Create(ctx, &rec))
	}
}
