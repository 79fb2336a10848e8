package hashstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// headsOnly chooses what a segment's first bytes are now, and of all else what
// is certain: the worst that a disk can make of a segment that is freed.
func headsOnly(s, contents int) (int, int) {
	const head, small = 64, 256 << 10
	if at := s * sector; at >= hashstore.FrontBytes && (at-hashstore.FrontBytes)%small == 0 {
		return contents, head
	}
	return 0, 0
}

// A segment is freed after what was moved out of it is on the disk: whenever the
// power fails meanwhile, nothing that was there is lost.
func TestSegmentIsFreedAfterItsRecordsAreSafe(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.Durability, o.SweepInterval, o.Logger = 8<<20, hashstore.Interval(time.Hour), hashstore.NoSweep, quiet
		dir := fastDir(t)
		path := filepath.Join(dir, "sessions")
		watching, images, stride := false, 0, 0
		var recs []*coatcheck.Record
		crash := func(r *recorder, sync bool) {
			// Without a map each word is a call.
			if stride++; !watching || !sync && (o.Portable || !hashstore.CanMap) && stride%40 != 0 {
				return
			}
			r.look()
			image := filepath.Join(dir, "image")
			must(t, writeImage(image, r.image(headsOnly)))
			images++
			s, err := hashstore.OpenOn(image, &o, func(d hashstore.Disk) hashstore.Disk { return unsynced{d} })
			if err != nil {
				t.Fatalf("open image %d: %v", images, err)
			}
			for i, rec := range recs {
				if _, err := s.Load(t.Context(), rec.ID); err != nil {
					t.Fatalf("image %d: session %d, which was safe: %v", images, i, err)
				}
			}
			must(t, s.Close())
			must(t, os.Remove(image))
		}
		s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return newRecorder(d, crash) })
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			rec := record("alice", 1000)
			must(t, s.Create(t.Context(), rec))
			if i%10 == 0 {
				recs = append(recs, rec)
				continue
			}
			next := *rec // which leaves something dead behind
			next.Version++
			must(t, s.Replace(t.Context(), &next, rec.Version))
			must(t, s.Replace(t.Context(), rec, next.Version))
		}
		must(t, s.Sync(t.Context()))
		watching = true
		must(t, s.Compact(t.Context()))
		must(t, s.Compact(t.Context()))
		watching = false
		must(t, s.Close())
		if images < 3 {
			t.Errorf("the power failed %d times only", images)
		}
	})
}

// A nameDisk counts how often the name of its file is made to last.
type nameDisk struct {
	hashstore.Disk
	names *int
}

func (d nameDisk) SyncName() error {
	*d.names++
	return d.Disk.SyncName()
}

// A new file has its name for good before anything is in it, and an old one
// keeps the one it has.
func TestNameOfANewFileLasts(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		names := 0
		hashstore.WrapDisk(t, func(d hashstore.Disk) hashstore.Disk { return nameDisk{d, &names} })
		path := filepath.Join(t.TempDir(), "sessions")
		for round := range 2 {
			s, err := hashstore.Open(path, &o)
			if err != nil {
				t.Fatal(err)
			}
			if names != 1 {
				t.Errorf("open number %d: the name was made to last %d times, want once", round+1, names)
			}
			must(t, s.Close())
		}
	})
}

// Whoever makes the file fails, or dies, before its name is on the disk. The next one
// that opens it takes care of that: otherwise all of the file would be gone when the
// machine stops.
func TestNameThatDidNotLastAtFirst(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		names := 0
		hashstore.WrapDisk(t, func(d hashstore.Disk) hashstore.Disk { return namelessDisk{nameDisk{d, &names}} })
		path := filepath.Join(t.TempDir(), "sessions")
		if _, err := hashstore.Open(path, &o); !errors.Is(err, errDisk) {
			t.Fatalf("Open: %v, want %v", err, errDisk)
		}
		hashstore.WrapDisk(t, func(d hashstore.Disk) hashstore.Disk { return nameDisk{d, &names} })
		open(t, path, o)
		if names != 1 {
			t.Errorf("the name was made to last %d times, want once", names)
		}
	})
}

// A namelessDisk cannot make the name of its file last.
type namelessDisk struct{ nameDisk }

func (d namelessDisk) SyncName() error { return errDisk }
