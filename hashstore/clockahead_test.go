package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/hashstore"
)

// The machine starts with a clock that is ahead, and the index is made anew before
// it is set right. The sessions are there when it has been.
func TestClockIsAheadWhenTheMachineStarts(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		now := time.Now()
		o.SweepInterval, o.Durability = hashstore.NoSweep, hashstore.Interval(time.Hour)
		o.Now = func() time.Time { return now }
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		now = rec.Deadline.AddDate(10, 0, 0)
		s = reborn(t, path, o)
		gone(t, s, rec.ID, "a session that has expired")
		now = rec.Created
		if _, err := s.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load when the clock is right again: %v", err)
		}
		sound(t, path)
	})
}
