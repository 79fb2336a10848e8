package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// While a deletion waits for the disk the log goes on in a new segment, and what
// is being deleted is moved there. The tombstone stands against that copy as well,
// although its place was taken before the segment began, and for as long as the
// copy is in the file.
func TestDeletedWhileItWasMoved(t *testing.T) {
	needsMap(t)
	for _, d := range []hashstore.Durability{hashstore.Interval(time.Hour), hashstore.Always()} {
		t.Run(d.String(), func(t *testing.T) {
			hashstore.WrapByPath(t)
			o := hashstore.Options{MaxBytes: 32 << 20, Durability: d, SweepInterval: hashstore.NoSweep, Logger: quiet}
			path := filepath.Join(fastDir(t), "sessions")
			var meanwhile func()
			s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return waitingDisk{d, &meanwhile} })
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			o.Durability = hashstore.Interval(time.Hour) // does not wait for the one who deletes
			quick := open(t, path, o)
			rec := record("alice", 1000)
			must(t, quick.Create(t.Context(), rec))
			fillSegment(t, quick)
			var others []*coatcheck.Record // beside the tombstone
			var to int
			meanwhile = func() {
				to = goOn(t, quick, &others)
				for range 20 {
					hashstore.CompactStep(t, quick, 64<<10)
				}
				if hashstore.SegmentOf(t, quick, rec.ID) != to {
					t.Fatalf("the record is not in the new segment, %d", to)
				}
			}
			must(t, s.Delete(t.Context(), rec.ID))
			if to == 0 {
				t.Fatal("the disk was not waited for")
			}
			for range 300 { // so that the copy stays where it is
				must(t, quick.Create(t.Context(), record("bob", 1000)))
			}
			for _, each := range others { // so that the tombstone does not
				must(t, quick.Replace(t.Context(), again(each), 1))
			}
			for range 4 {
				fillSegment(t, quick)
			}
			for range 3 {
				must(t, quick.Compact(t.Context()))
			}
			gone(t, quick, rec.ID, "a deleted session")
			gone(t, reborn(t, path, o), rec.ID, "a deleted session")
			sound(t, path)
		})
	}
}

// goOn creates sessions until the log goes on in another segment, whose number
// it returns.
func goOn(t *testing.T, s *hashstore.Store, recs *[]*coatcheck.Record) (to int) {
	t.Helper()
	for first := -1; ; {
		rec := record("bob", 1000)
		must(t, s.Create(t.Context(), rec))
		to = hashstore.SegmentOf(t, s, rec.ID)
		if first < 0 {
			first = to
		}
		if to != first {
			return to
		}
		*recs = append(*recs, rec)
	}
}
