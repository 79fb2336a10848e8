package hashstore_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A file without durability that begins anew after a stop of the machine keeps
// nothing that could be taken for a record of the new beginning later.
func TestWhatWasWipedStaysAway(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.Durability, o.SweepInterval, o.Logger = hashstore.None(), hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		first := open(t, path, o)
		old := []*coatcheck.Record{record("alice", 100), record("bobby", 100), record("carol", 100)}
		for _, rec := range old {
			must(t, first.Create(t.Context(), rec))
		}
		hashstore.Die(first)
		hashstore.ForgetBoot(t, path)

		second := open(t, path, o)
		must(t, second.Create(t.Context(), record("david", 100))) // where the first one was
		must(t, second.Close())
		hashstore.ForgetBoot(t, path)

		third := open(t, path, o)
		for _, rec := range old {
			if _, err := third.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
				t.Errorf("Load of %s from before: %v, want ErrNotFound", rec.Owner, err)
			}
		}
	})
}
