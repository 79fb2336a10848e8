package hashstore_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/hashstore"
)

// A compaction in which the disk failed has an error, though all that follows
// succeeds.
func TestCompactTellsOfADiskThatFailed(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval, o.Durability = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
		path := filepath.Join(fastDir(t), "sessions")
		s, err := hashstore.Open(path, &o)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			fillSegment(t, s)
		}
		must(t, s.Close())
		fails := func() error { return errDisk }
		hashstore.WrapDisk(t, func(d hashstore.Disk) hashstore.Disk { return onceDisk{d, &fails} })
		if err := hashstore.Compact(path); !errors.Is(err, errDisk) {
			t.Errorf("Compact: %v, want %v", err, errDisk)
		}
	})
}
