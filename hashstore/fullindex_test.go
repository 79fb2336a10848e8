package hashstore_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// The index is as large as the format allows. Anonymous sessions make room as at any
// other limit, those with an owner stay, and it is not moved for each session.
func TestLargestIndexIsFull(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		most := hashstore.LimitIndex(t, 11)
		o.SweepInterval, o.Durability = hashstore.NoSweep, hashstore.None()
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		var owned []*coatcheck.Record
		for i := range 2 * most {
			owner := ""
			if i%4 == 0 {
				owner = "alice"
			}
			rec := record(owner, 10)
			if err := s.Create(t.Context(), rec); err != nil {
				t.Fatalf("session %d: %v", i, err)
			}
			if owner != "" {
				owned = append(owned, rec)
			}
		}
		for i, rec := range owned {
			if _, err := s.Load(t.Context(), rec.ID); err != nil {
				t.Fatalf("session %d with an owner: %v", i, err)
			}
		}
		if moves := hashstore.Moves(s); moves > 50 {
			t.Errorf("the index was moved %d times for %d sessions", moves, 2*most)
		}
		var err error
		for n := 0; err == nil && n < 2*most; n++ {
			err = s.Create(t.Context(), record("alice", 10))
		}
		if !errors.Is(err, coatcheck.ErrFull) {
			t.Errorf("Create beside sessions with owners alone: %v, want %v", err, coatcheck.ErrFull)
		}
		sound(t, path)
	})
}
