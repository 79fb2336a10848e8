package hashstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// boots makes a file look as if the machine had stopped without warning since
// it was last used: its identity is of another start.
func boots(t testing.TB, path string) {
	t.Helper()
	hashstore.ForgetBoot(t, path)
}

// What was acknowledged is there after the machine stopped, by the mode; what
// was deleted is not. The index is made anew from the records.
func TestMachineStops(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		for _, d := range []hashstore.Durability{hashstore.None(), hashstore.Interval(time.Hour), hashstore.Always()} {
			t.Run(d.String(), func(t *testing.T) {
				o.Durability, o.SweepInterval = d, hashstore.NoSweep
				path := filepath.Join(t.TempDir(), "sessions")
				ctx := context.Background()
				first := open(t, path, o)
				kept, gone := record("alice", 100), record("bob", 100)
				must(t, first.Create(ctx, kept))
				must(t, first.Create(ctx, gone))
				next := *kept
				next.Version++
				must(t, first.Replace(ctx, &next, kept.Version))
				must(t, first.Delete(ctx, gone.ID))
				copied := path + ".later"
				copyFile(t, path, copied)
				boots(t, copied)
				s := open(t, copied, o)
				if _, err := s.Load(ctx, gone.ID); !errors.Is(err, coatcheck.ErrNotFound) {
					t.Errorf("Load of a deleted session: %v", err)
				}
				got, err := s.Load(ctx, kept.ID)
				switch none := d == hashstore.None(); {
				case none && !errors.Is(err, coatcheck.ErrNotFound):
					t.Errorf("Load without durability: %v, want %v", err, coatcheck.ErrNotFound)
				case !none && (err != nil || got.Version != next.Version):
					t.Errorf("Load: %+v, %v", got, err)
				}
				sound(t, copied)
			})
		}
	})
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, b, 0o600))
}

// A file that was copied while it was in use is known by its inode: its index
// is made anew. Of a closed one touches are kept.
func TestCopyIsKnown(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(t.TempDir(), "sessions")
		ctx := context.Background()
		s := open(t, path, o)
		rec := record("alice", 100)
		must(t, s.Create(ctx, rec))
		touched := rec.Expires.Add(time.Hour)
		must(t, s.Touch(ctx, rec.ID, touched))
		live, closed := path+".live", path+".closed"
		copyFile(t, path, live)
		must(t, s.Close())
		copyFile(t, path, closed)
		for name, want := range map[string]time.Time{live: rec.Expires, closed: touched} {
			got, err := open(t, name, o).Load(ctx, rec.ID)
			if err != nil || !got.Expires.Equal(want) {
				t.Errorf("Load from a copy: %v, %v; want it to expire at %v", got, err, want)
			}
		}
	})
}

// All comes back from the records when header, control page, table of segments
// and index are zeros or noise.
func TestFrontIsLost(t *testing.T) {
	for name, fill := range map[string]byte{"zeros": 0, "noise": 0xa5} {
		t.Run(name, func(t *testing.T) {
			x := newSpecimen(t)
			x.put(t, 0, slices.Repeat([]byte{fill}, hashstore.FrontBytes))
			if r, err := hashstore.Check(x.path); err == nil && len(r.Faults) == 0 {
				t.Error("Check finds nothing")
			}
			s := x.open(t)
			if s == nil {
				t.Fatal("Open does not bring the records back")
			}
			for id, want := range x.live {
				if got, err := s.Load(context.Background(), id); err != nil || got.Version != want.Version {
					t.Errorf("Load: %v, %v", got, err)
				}
			}
			x.harmless(t, s, name)
			must(t, s.Close())
			sound(t, x.path)
		})
	}
}

// A file that is cut off anywhere is an error, or has only true records.
func TestFileIsCutOff(t *testing.T) {
	x := newSpecimen(t)
	for size := 0; size < len(x.bytes); size += 13 * 4096 {
		must(t, os.Truncate(x.path, int64(size)))
		if s := x.open(t); s != nil {
			x.harmless(t, s, fmt.Sprint("cut to ", size))
			_ = s.Close() // may fail: the file is not whole
		}
		if _, err := hashstore.Repair(x.path); err == nil {
			if r, err := hashstore.Check(x.path); err != nil || len(r.Faults) > 0 {
				t.Errorf("cut to %d: after Repair: %v %v", size, err, r)
			}
		}
		must(t, os.Truncate(x.path, int64(len(x.bytes))))
		x.restore(t)
	}
}

// A tombstone stays as long as an older record may be in the file, and then
// vanishes.
func TestTombstoneVanishes(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o := hashstore.Options{MaxBytes: 16 << 20, SweepInterval: hashstore.NoSweep, Durability: hashstore.None()}
	s := open(t, path, o)
	var recs []*coatcheck.Record
	for range 3000 {
		rec := record("alice", 1000)
		must(t, s.Create(ctx, rec))
		recs = append(recs, rec)
	}
	for _, rec := range recs[1:] {
		must(t, s.Delete(ctx, rec.ID))
	}
	if n := hashstore.TombstoneBytes(t, s); n == 0 {
		t.Error("there are no tombstones")
	}
	for range 6 {
		must(t, s.Compact(ctx))
	}
	if n := hashstore.TombstoneBytes(t, s); n > 256<<10 {
		t.Errorf("%d bytes of tombstones are left", n)
	}
	must(t, s.Close())
	copied := path + ".copy"
	copyFile(t, path, copied)
	again := open(t, copied, o)
	for i, rec := range recs {
		if _, err := again.Load(ctx, rec.ID); (err == nil) != (i == 0) {
			t.Fatalf("Load of session %d after a rebuild: %v", i, err)
		}
	}
}

// Slots are given out and taken back, and one too many is an error.
func TestTooManyOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o := hashstore.Options{Durability: hashstore.None(), SweepInterval: hashstore.NoSweep, Logger: quiet}
	var all []*hashstore.Store
	defer func() {
		for _, s := range all {
			must(t, s.Close())
		}
	}()
	for n := 0; ; n++ {
		s, err := hashstore.Open(path, &o)
		if err != nil {
			if n != hashstore.MaxOpens {
				t.Errorf("open number %d: %v", n+1, err)
			}
			break
		}
		if all = append(all, s); n > hashstore.MaxOpens {
			t.Fatal("there is no limit")
		}
	}
	must(t, all[0].Close())
	s, err := hashstore.Open(path, &o)
	must(t, err)
	all[0] = s
}

// Both ways to get at a file do not mix.
func TestFormsDoNotMix(t *testing.T) {
	if !hashstore.CanMap {
		t.Skip("there is one form here only")
	}
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(t.TempDir(), "sessions")
		open(t, path, o)
		o.Portable, o.Logger = !o.Portable, quiet
		if s, err := hashstore.Open(path, &o); err == nil {
			s.Close()
			t.Error("Open in the other form is no error")
		}
	})
}
