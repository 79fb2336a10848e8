package hashstore_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// The clock is stepped forward and back: a session is live by what it says, and
// what was swept or deleted meanwhile is gone for good.
func TestClockIsStepped(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		var ahead atomic.Int64
		start := time.Now().UTC().Truncate(time.Millisecond)
		o.Now = func() time.Time { return start.Add(time.Duration(ahead.Load())) }
		step := func(d time.Duration) { ahead.Store(int64(d)) }
		o.MaxBytes, o.SweepInterval = 32<<20, hashstore.NoSweep
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		short, long, deleted := record("alice", 100), record("alice", 100), record("alice", 100)
		for _, rec := range []*coatcheck.Record{short, long, deleted} {
			must(t, s.Create(t.Context(), rec))
		}
		must(t, s.Touch(t.Context(), long.ID, start.Add(10*time.Hour)))

		step(2 * time.Hour)
		gone(t, s, short.ID, "a session that has expired")
		if err := s.Touch(t.Context(), short.ID, start.Add(5*time.Hour)); err != coatcheck.ErrNotFound {
			t.Errorf("Touch of an expired session: %v", err)
		}
		must(t, s.Delete(t.Context(), deleted.ID))

		step(-2 * time.Hour) // before they began
		for _, rec := range []*coatcheck.Record{short, long} {
			if _, err := s.Load(t.Context(), rec.ID); err != nil {
				t.Errorf("Load when the clock is back: %v", err)
			}
		}
		gone(t, s, deleted.ID, "a deleted session")
		got, err := s.Load(t.Context(), long.ID)
		must(t, err)
		must(t, s.Touch(t.Context(), long.ID, o.Now().Add(time.Hour))) // earlier than it is
		if again, err := s.Load(t.Context(), long.ID); err != nil || !again.Expires.Equal(got.Expires) {
			t.Errorf("a touch by a clock that is back: %v, %v, want %v", again, err, got.Expires)
		}

		step(2 * time.Hour)
		if n := sweepAll(t, s, o.Now()); n != 1 {
			t.Errorf("Sweep deletes %d sessions, want 1", n)
		}
		step(0)
		gone(t, s, short.ID, "a swept session")
		for range 3 {
			fillSegment(t, s)
		}
		must(t, s.Compact(t.Context()))
		sound(t, path)
		anew := reborn(t, path, o)
		gone(t, anew, deleted.ID, "a deleted session")
		if _, err := anew.Load(t.Context(), long.ID); err != nil {
			t.Errorf("Load when the index was made anew: %v", err)
		}
	})
}
