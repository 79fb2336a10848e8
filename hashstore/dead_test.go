package hashstore_test

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A syncedDisk notes how many bytes of each segment are brought to the disk at
// once.
type syncedDisk struct {
	hashstore.Disk
	bytes map[int]int
}

const smallSegment = 256 << 10

func (d syncedDisk) SyncRange(p []byte, off int64) error {
	d.bytes[int(off-hashstore.FrontBytes)/smallSegment] += len(p)
	return d.Disk.SyncRange(p, off)
}

// replaceOften puts so many versions of a session into the log.
func replaceOften(t *testing.T, s *hashstore.Store, rec *coatcheck.Record, times int) *coatcheck.Record {
	for range times {
		next := *rec
		next.Version++
		must(t, s.Replace(t.Context(), &next, rec.Version))
		rec = &next
	}
	return rec
}

// What is dead is not written to the disk, but for the mark that says so: the
// segments of a session that changes often are used over and over again.
func TestDeadRecordsAreNotWritten(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.Durability, o.SweepInterval, o.Logger = 8<<20, hashstore.Interval(time.Hour), hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		bytes := map[int]int{}
		s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return syncedDisk{d, bytes} })
		if err != nil {
			t.Fatal(err)
		}
		rec := record("alice", 1000)
		must(t, s.Create(t.Context(), rec))
		rec = replaceOften(t, s, rec, 800) // three segments
		for range 20 {
			hashstore.CompactStep(t, s, 64<<10)
		}
		dead := hashstore.Emptied(t, s)
		if len(dead) < 2 {
			t.Fatalf("segments %v are dead, want two at least", dead)
		}
		clear(bytes)
		hashstore.FreeEmptied(t, s)
		if left := hashstore.Emptied(t, s); len(left) > 0 {
			t.Errorf("segments %v are not free", left)
		}
		for _, n := range dead {
			if bytes[n] > 64 {
				t.Errorf("%d bytes of segment %d are written, which is dead", bytes[n], n)
			}
		}
		must(t, s.Close())
		again := reborn(t, path, o)
		if got, err := again.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version {
			t.Errorf("Load from the log alone: %v", err)
		}
		sound(t, path)
	})
}

// Emptied segments are freed in the background when they have become some, and
// not only when the upkeep comes round.
func TestEmptiedSegmentsAreFreedBetweenRounds(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.Durability, o.SweepInterval = 32<<20, hashstore.Interval(time.Hour), time.Hour
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec := record("alice", 10_000)
		must(t, s.Create(t.Context(), rec))
		emptied := func() int { return len(hashstore.Emptied(t, s)) }
		n := 0
		for before := 0; n >= before && n < 8; n = emptied() { // with 16 of them a change waits
			before = n
			rec = replaceOften(t, s, rec, 10)
		}
		for deadline := time.Now().Add(20 * time.Second); n >= 8 && emptied() >= n; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%d segments are still not free", n)
			}
		}
		sound(t, path)
	})
}
