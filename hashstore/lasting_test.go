package hashstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/internal/filelock"
)

// A lastingDisk is a recorder that never sees the power fail by itself, but calls
// something after each sync of the whole file, and before it is closed.
type lastingDisk struct {
	*recorder
	synced, closing func()
}

func (d *lastingDisk) Sync() error {
	err := d.recorder.Sync()
	if d.synced != nil {
		d.synced()
	}
	return err
}

func (d *lastingDisk) Close() error {
	if d.closing != nil {
		d.closing()
	}
	return d.recorder.Close()
}

// cut makes a file of what the disk has if the power fails now.
func (d *lastingDisk) cut(t *testing.T, path string, choose choice) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	must(t, writeImage(path, d.image(choose)))
}

// lasting opens a file on such a disk, which has all that was there before.
func lasting(t *testing.T, path string, o hashstore.Options) (*hashstore.Store, *lastingDisk) {
	t.Helper()
	var d *lastingDisk
	s, err := hashstore.OpenOn(path, &o, func(inner hashstore.Disk) hashstore.Disk {
		d = &lastingDisk{recorder: newRecorder(inner, func(*recorder, bool) {})}
		return d
	})
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	d.settle(0, len(d.now))
	return s, d
}

// Who deletes a session that was evicted just now is told that it is gone. So it
// is for good.
func TestDeletionOfAnEvictedSessionLasts(t *testing.T) {
	for _, d := range []hashstore.Durability{hashstore.Always(), hashstore.Interval(time.Hour)} {
		t.Run(d.String(), func(t *testing.T) {
			forms(t, func(t *testing.T, o hashstore.Options) {
				hashstore.WrapByPath(t)
				o.MaxBytes, o.MaxSessions, o.SweepInterval, o.Durability, o.Logger = 8<<20, 2, hashstore.NoSweep, d, quiet
				path := filepath.Join(fastDir(t), "sessions")
				s, disk := lasting(t, path, o)
				defer s.Close()
				guest := record("", 1000)
				must(t, s.Create(t.Context(), guest))
				must(t, s.Create(t.Context(), record("", 1000)))
				must(t, s.Sync(t.Context()))
				must(t, s.Create(t.Context(), record("", 1000)))
				gone(t, s, guest.ID, "an evicted session")
				must(t, s.Delete(t.Context(), guest.ID))
				disk.cut(t, path+".cut", nothing)
				gone(t, open(t, path+".cut", o), guest.ID, "a deleted session")
			})
		})
	}
}

// A file that is complete is opened, a session is touched, and it is closed: it is
// complete again, with the touch.
func TestTouchAloneLastsWhenTheFileIsClosed(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.SweepInterval, o.Logger = 8<<20, hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		must(t, s.Close())
		s, disk := lasting(t, path, o)
		to := rec.Expires.Add(time.Hour)
		must(t, s.Touch(t.Context(), rec.ID, to))
		disk.closing = func() { disk.cut(t, path+".cut", nothing) }
		must(t, s.Close())
		if got, err := open(t, path+".cut", o).Load(t.Context(), rec.ID); err != nil || !got.Expires.Equal(to) {
			t.Errorf("after a stop of the machine: %v, %v; want %v", got, err, to)
		}
	})
}

// A failing disk is asked again, and has forgotten that it failed. What it did not
// write stays unwritten.
func TestSyncAfterOneThatFailedFails(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		for _, at := range []string{"after", "meanwhile"} {
			t.Run(at, func(t *testing.T) {
				hashstore.WrapByPath(t)
				o.MaxBytes, o.SweepInterval, o.Durability, o.Logger = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour), quiet
				path := filepath.Join(fastDir(t), "sessions")
				var sync func() error
				s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return onceDisk{d, &sync} })
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				must(t, s.Create(t.Context(), record("alice", 100)))
				sync = func() error { return errDisk }
				if at == "meanwhile" {
					sync = func() error {
						sync = func() error { return errDisk }
						if err := s.Sync(context.Background()); !errors.Is(err, errDisk) {
							t.Errorf("Sync on a failing disk: %v", err)
						}
						return nil
					}
				} else if err := s.Sync(t.Context()); !errors.Is(err, errDisk) {
					t.Errorf("Sync on a failing disk: %v", err)
				}
				if err := s.Sync(t.Context()); err == nil {
					t.Error("Sync has no error, but what was written before is not on the disk")
				}
			})
		}
	})
}

// A onceDisk does something else instead of its next SyncRange.
type onceDisk struct {
	hashstore.Disk
	sync *func() error
}

func (d onceDisk) SyncRange(p []byte, off int64) error {
	if f := *d.sync; f != nil {
		*d.sync = nil
		return f()
	}
	return d.Disk.SyncRange(p, off)
}

// While somebody closes the file, another one compacts it, without durability. If
// the file counts as complete then, it is.
func TestCompactionWhileAnotherCloses(t *testing.T) {
	needsMap(t)
	hashstore.WrapByPath(t)
	o := hashstore.Options{MaxBytes: 8 << 20, SweepInterval: hashstore.NoSweep, Durability: hashstore.None(), Logger: quiet}
	path := filepath.Join(fastDir(t), "sessions")
	other := open(t, path, o)
	var recs []*coatcheck.Record
	for range 30 {
		recs = append(recs, record("alice", 1000))
		must(t, other.Create(t.Context(), recs[len(recs)-1]))
	}
	fillSegment(t, other)
	s, disk := lasting(t, path, o)
	disk.synced = func() {
		disk.synced = nil
		for range 20 {
			hashstore.CompactStep(t, other, 64<<10)
		}
	}
	disk.closing = func() { disk.cut(t, path+".cut", headsOnly) }
	must(t, s.Close())
	if disk.synced != nil {
		t.Fatal("the disk was not waited for")
	}
	after := open(t, path+".cut", o)
	for i, rec := range recs {
		if _, err := after.Load(t.Context(), rec.ID); err != nil {
			t.Fatalf("session %d of a file that is complete: %v", i, err)
		}
	}
}

// Somebody checks a large file, and keeps it locked longer than Close can wait. The
// store is closed all the same: it has no seat any more, and whatever it did in the
// map would be the doing of a dead one.
func TestCloseThatCannotMarkTheFileCloses(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.SweepInterval, o.Logger = hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		s, err := hashstore.Open(path, &o)
		if err != nil {
			t.Fatal(err)
		}
		hashstore.HurryToAttach(t, 20*time.Millisecond)
		f, err := os.Open(path)
		must(t, err)
		defer f.Close()
		if ok, err := filelock.Try(f); !ok || err != nil {
			t.Fatal("cannot lock the file: ", err)
		}
		if err := s.Close(); err == nil {
			t.Error("Close has no error, but cannot have marked the file")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Create(ctx, record("alice", 10)); !errors.Is(err, coatcheck.ErrClosed) {
			t.Errorf("Create after Close: %v, want %v", err, coatcheck.ErrClosed)
		}
	})
}

// Somebody dies just when it has marked the file as one that begins anew after a
// stop of the machine. Who closes it properly after that takes the mark away.
func TestCloseTakesTheMarkOfADeadOneAway(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.SweepInterval, o.Durability = hashstore.NoSweep, hashstore.None()
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		must(t, s.Close())
		heir := open(t, path, o)
		hashstore.DieDirtying(t, open(t, path, o))
		must(t, heir.Close())
		hashstore.ForgetBoot(t, path)
		if _, err := open(t, path, o).Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load from a file that was closed properly: %v", err)
		}
	})
}
