package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A chain of the index is damaged and leads round and round. The index is moved all
// the same, and then everybody goes on.
func TestRingOfGuestsDoesNotHoldTheLockForEver(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.SweepInterval, o.Durability = hashstore.NoSweep, hashstore.None()
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		var recs []*coatcheck.Record
		for range 3 {
			recs = append(recs, record("", 100))
			must(t, s.Create(t.Context(), recs[len(recs)-1]))
		}
		hashstore.Ring(t, s, recs[0].ID)
		moved := make(chan error, 1)
		go func() { moved <- hashstore.TryMove(s, 12) }()
		select {
		case err := <-moved:
			must(t, err)
		case <-time.After(10 * time.Second):
			t.Fatal("the index is being moved for ever")
		}
		for _, rec := range recs {
			if _, err := s.Load(t.Context(), rec.ID); err != nil {
				t.Error(err)
			}
		}
		must(t, s.Create(t.Context(), record("", 100)))
		sound(t, path)
	})
}
