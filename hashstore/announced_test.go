package hashstore_test

import (
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// A writer that dies when it has announced a place, and before the end of the
// log moves, leaves that place to the next record. Nobody who clears away what
// the dead one left may take that record for it.
func TestPlaceThatADeadOneAnnouncedIsFree(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.SweepInterval = hashstore.NoSweep // Interval: a put does not wait for the disk, a delete does
		path := filepath.Join(fastDir(t), "sessions")
		doomed, s := open(t, path, o), open(t, path, o)
		must(t, doomed.Create(t.Context(), record("alice", 100)))
		hashstore.DieAnnouncing(t, doomed)
		there, gone := record("bob", 1000), record("carol", 100)
		must(t, s.Create(t.Context(), there))
		must(t, s.Create(t.Context(), gone))
		must(t, s.Delete(t.Context(), gone.ID))
		if _, err := s.Load(t.Context(), there.ID); err != nil {
			t.Errorf("Load: %v", err)
		}
		sound(t, path)
	})
}
