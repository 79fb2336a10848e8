package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// Compaction moves the record of a session that was touched, and the file is closed
// before the segment where it was is freed. There are two copies of it then, and the
// touch is kept whichever of them is found when the machine has stopped.
func TestTouchOfAMovedSessionLastsWhenTheFileIsClosed(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval, o.Durability = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
		path := filepath.Join(fastDir(t), "sessions")
		s, err := hashstore.Open(path, &o)
		if err != nil {
			t.Fatal(err)
		}
		var recs []*coatcheck.Record
		for range 20 {
			recs = append(recs, record("alice", 1000))
			must(t, s.Create(t.Context(), recs[len(recs)-1]))
		}
		fillSegment(t, s)
		to := recs[0].Expires.Add(time.Hour)
		for _, rec := range recs {
			must(t, s.Touch(t.Context(), rec.ID, to))
		}
		for len(hashstore.Emptied(t, s)) == 0 {
			hashstore.CompactStep(t, s, 64<<10)
		}
		must(t, s.Close())
		hashstore.ForgetBoot(t, path)
		s = open(t, path, o)
		for i, rec := range recs {
			got, err := s.Load(t.Context(), rec.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Expires.Equal(to) {
				t.Fatalf("session %d expires at %v, want %v", i, got.Expires, to)
			}
		}
	})
}
