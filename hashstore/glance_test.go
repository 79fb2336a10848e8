package hashstore_test

import (
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// Who waits for another process reads ahead, and believes nothing: in a file that is
// damaged, or just being changed, that comes to nothing.
func TestGlanceBelievesNothing(t *testing.T) {
	needsMap(t)
	o := hashstore.Options{MaxBytes: 8 << 20, Durability: hashstore.None(), SweepInterval: hashstore.NoSweep, Logger: quiet}
	path := filepath.Join(fastDir(t), "sessions")
	s, other := open(t, path, o), open(t, path, o)
	rec := record("alice", 100)
	must(t, s.Create(t.Context(), rec))
	words := hashstore.Words()
	words["the index"] = hashstore.TableWord
	for name, word := range words {
		for _, v := range []uint64{0, 1, 2, 7, 1 << 12, 1 << 20, 1<<24 + 11, 1 << 40, 1<<63 - 8, 1<<64 - 1} {
			t.Run(name, func(t *testing.T) { hashstore.Glance(t, s, other, rec.ID, word, v) })
		}
	}
	next := *rec
	next.Version++
	must(t, s.Replace(t.Context(), &next, rec.Version))
	sound(t, path)
}
