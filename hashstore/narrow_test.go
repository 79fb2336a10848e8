package hashstore_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// At a limit of sessions and of bytes, guest after guest is let in: the space of
// those that were evicted is given back for the note that the next one is gone.
func TestGuestsComeInAtBothLimits(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.MaxSessions, o.SweepInterval, o.Durability = 2<<20, 20, hashstore.NoSweep, hashstore.Interval(time.Hour)
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		for i := range 400 {
			if err := s.Create(t.Context(), record("", 4000)); err != nil {
				t.Fatalf("guest %d: %v", i, err)
			}
		}
		sound(t, path)
	})
}

// In the smallest file there is, a session can be changed as often as one likes:
// what is dead is given back, also where the log ends.
func TestSmallestFileDoesNotFillUp(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval, o.Durability = 2<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec := record("alice", 4000)
		must(t, s.Create(t.Context(), rec))
		for i := range 300 {
			next := *rec
			next.Version++
			if err := s.Replace(t.Context(), &next, rec.Version); err != nil {
				t.Fatalf("change %d: %v", i, err)
			}
			rec = &next
		}
		sound(t, path)
	})
}

// fillUp creates sessions of users until there is no room for more.
func fillUp(t *testing.T, s *hashstore.Store, size int) (recs []*coatcheck.Record) {
	t.Helper()
	for {
		rec := record("alice", size)
		err := s.Create(t.Context(), rec)
		if errors.Is(err, coatcheck.ErrFull) {
			return recs
		}
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
}

// A sweep makes room, so it may write what it must into the last segment.
func TestSweepOfAFullFile(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		now := time.Now()
		o.MaxBytes, o.SweepInterval, o.Durability = 3<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
		o.Now = func() time.Time { return now }
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		const stubs = 200
		for range stubs {
			_, now = ended(t, s, "alice")
			now = now.Add(-2 * time.Minute)
		}
		fillUp(t, s, 1000)
		fillUp(t, s, 10)
		now = now.Add(3 * time.Minute)
		if n := sweepAll(t, s, now); n != stubs {
			t.Errorf("%d sessions were swept, want %d", n, stubs)
		}
		sound(t, path)
	})
}

// Large records do not take the segment that is kept for those who make room.
func TestLargeRecordsLeaveRoomForDeletions(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval, o.Durability = 4<<20+256<<10, hashstore.NoSweep, hashstore.Interval(time.Hour)
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		must(t, s.Create(t.Context(), record("alice", 10)))
		fillUp(t, s, 400_000)
		for i, rec := range fillUp(t, s, 100) {
			if i == 50 {
				break
			}
			if err := s.Delete(t.Context(), rec.ID); err != nil {
				t.Fatalf("deletion %d: %v", i, err)
			}
		}
		sound(t, path)
	})
}
