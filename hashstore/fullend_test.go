package hashstore_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// A process may die when the last segment of the file is full but for a few bytes:
// what repairs the index after it looks for no record there, where the file ends.
func TestDeathAtTheFullEndOfTheFile(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		for _, room := range []int64{0, 8, 64, 120, 128} {
			t.Run(fmt.Sprint(room), func(t *testing.T) {
				path := filepath.Join(fastDir(t), "sessions")
				doomed, s := open(t, path, o), open(t, path, o)
				there := record("alice", 100)
				must(t, doomed.Create(t.Context(), there))
				hashstore.DieAtEnd(t, doomed, room)
				must(t, s.Create(t.Context(), record("bob", 1000)))
				if _, err := s.Load(t.Context(), there.ID); err != nil {
					t.Errorf("Load: %v", err)
				}
				sound(t, path)
			})
		}
	})
}
