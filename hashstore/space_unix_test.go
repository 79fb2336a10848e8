//go:build unix

package hashstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// onDisk returns how many bytes of blocks a file has.
func onDisk(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

// When nine of ten sessions are deleted, the file gives their space back while
// others read and write.
func TestSpaceComesBack(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		for _, d := range []hashstore.Durability{hashstore.None(), hashstore.Interval(10 * time.Millisecond)} {
			t.Run(d.String(), func(t *testing.T) {
				o.Durability, o.SweepInterval = d, hashstore.NoSweep
				o.MaxBytes = 63 << 20 // small segments
				spaceComesBack(t, o)
			})
		}
	})
}

func spaceComesBack(t *testing.T, o hashstore.Options) {
	const size = 1000
	many := 8_000
	if o.Portable || !hashstore.CanMap {
		many = 3_000
	}
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	s := open(t, path, o)
	recs := make([]*coatcheck.Record, many)
	for i := range recs {
		recs[i] = record(fmt.Sprint("user", i%100), size)
		must(t, s.Create(ctx, recs[i]))
	}
	full := onDisk(t, path)
	stop := make(chan struct{})
	var busy sync.WaitGroup
	busy.Go(func() {
		for i := 0; ; i = (i + 10) % many {
			select {
			case <-stop:
				return
			default:
			}
			next := *recs[i]
			next.Version++
			must(t, s.Replace(ctx, &next, recs[i].Version))
			recs[i] = &next
			if _, err := s.Load(ctx, next.ID); err != nil {
				t.Errorf("Load of a live session: %v", err)
			}
		}
	})
	var deleting sync.WaitGroup
	for from := range 16 {
		deleting.Go(func() {
			for i := from; i < many; i += 16 {
				if i%10 != 0 {
					must(t, s.Delete(ctx, recs[i].ID))
				}
			}
		})
	}
	deleting.Wait()
	for range 2 {
		must(t, s.Compact(ctx))
	}
	// What is written meanwhile waits for the disk, in a few segments.
	spaceIsBack(t, s, path, "with a writer at work", 12)
	close(stop)
	busy.Wait()
	must(t, s.Compact(ctx))
	spaceIsBack(t, s, path, "at rest", 4)
	t.Logf("it had %d when it was full", full)
	for i := 0; i < many; i += 10 {
		if _, err := s.Load(ctx, recs[i].ID); err != nil {
			t.Fatalf("Load of a live session: %v", err)
		}
	}
}

// spaceIsBack checks that the file takes little more than what is live, its index
// and some segments.
func spaceIsBack(t *testing.T, s *hashstore.Store, path, when string, segments int64) {
	t.Helper()
	st, err := s.Stat(context.Background())
	must(t, err)
	index := hashstore.IndexBytes(t, s)
	got, want := onDisk(t, path), int64(1.3*float64(st.Bytes))+index+segments*(256<<10)
	t.Logf("%s: live %d, index %d, on the disk %d", when, st.Bytes, index, got)
	if got > want {
		t.Errorf("%s, the file takes %d bytes for %d of live records and an index of %d; want at most %d", when, got, st.Bytes, index, want)
	}
}

// Under churn the file stays bounded, however many write.
func TestSpaceIsBounded(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes = 63 << 20
		o.Durability = hashstore.Interval(20 * time.Millisecond)
		path := filepath.Join(t.TempDir(), "sessions")
		ctx := context.Background()
		const each, size = 2_000, 1000
		rounds := 12
		if o.Portable {
			rounds = 4
		}
		var busy sync.WaitGroup
		for range 2 {
			s := open(t, path, o)
			busy.Go(func() {
				recs := make([]*coatcheck.Record, each)
				for i := range recs {
					recs[i] = record("", size)
					must(t, s.Create(ctx, recs[i]))
				}
				for range rounds * each {
					i := rand.IntN(each)
					next := *recs[i]
					next.Version++
					must(t, s.Replace(ctx, &next, recs[i].Version))
					recs[i] = &next
				}
			})
		}
		busy.Wait()
		if got, live := onDisk(t, path), int64(2*each*(size+200)); got > 3*live+8<<20 {
			t.Errorf("the file has %d bytes for %d of live records", got, live)
		} else {
			t.Logf("the file has %d bytes for %d of live records", got, live)
		}
	})
}
