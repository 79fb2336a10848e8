package hashstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// has checks which of two sessions a store has.
func has(t *testing.T, what string, s *hashstore.Store, yes, no *coatcheck.Record) {
	t.Helper()
	if _, err := s.Load(context.Background(), yes.ID); err != nil {
		t.Errorf("%s: Load of its own session: %v", what, err)
	}
	if _, err := s.Load(context.Background(), no.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("%s: Load of the other's session: %v", what, err)
	}
}

// A store stays with the file that it has opened, whatever the name leads to
// meanwhile. Who opens that name then has the other file. Nothing gets from one
// into the other.
func TestNameLeadsToAnotherFile(t *testing.T) {
	for name, exchange := range map[string]func(t *testing.T, path, other string){
		"removed": func(t *testing.T, path, _ string) { must(t, os.Remove(path)) },
		"renamed": func(t *testing.T, path, other string) { must(t, os.Rename(other, path)) },
	} {
		t.Run(name, func(t *testing.T) {
			forms(t, func(t *testing.T, o hashstore.Options) {
				path := filepath.Join(fastDir(t), "sessions")
				other := path + ".other"
				o.MaxBytes, o.SweepInterval = 4<<20, hashstore.NoSweep
				s, ours, theirs := open(t, path, o), record("alice", 100), record("bob", 100)
				must(t, open(t, other, o).Close())
				must(t, s.Create(t.Context(), ours))
				exchange(t, path, other)
				next := open(t, path, o)
				must(t, next.Create(t.Context(), theirs))
				has(t, "the former file", s, ours, theirs)
				has(t, "the present file", next, theirs, ours)
				for range 500 {
					must(t, s.Create(t.Context(), record("", 1000)))
				}
				must(t, s.Compact(t.Context()))
				must(t, s.Close())
				has(t, "the present file", next, theirs, ours)
				if r := sound(t, path); r.Records != 1 {
					t.Errorf("%d records in the present file, want 1", r.Records)
				}
			})
		})
	}
}

// A process may open a file several times: each open is a user of its own, and
// what one does the others see, also after one is closed.
func TestSeveralOpensInOneProcess(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		o.MaxBytes, o.SweepInterval = 4<<20, hashstore.NoSweep
		all := make([]*hashstore.Store, 4)
		for i := range all {
			all[i] = open(t, path, o)
		}
		var recs []*coatcheck.Record
		for i, s := range all {
			rec := record("alice", 100)
			must(t, s.Create(t.Context(), rec))
			recs = append(recs, rec)
			for _, rest := range all[i:] {
				for _, rec := range recs {
					if _, err := rest.Load(t.Context(), rec.ID); err != nil {
						t.Errorf("Load through another open: %v", err)
					}
				}
			}
			if i < len(all)-1 {
				must(t, s.Close())
				if _, err := s.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrClosed) {
					t.Errorf("Load after Close: %v", err)
				}
			}
		}
		sound(t, path)
	})
}
