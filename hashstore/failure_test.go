package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A forgetfulDisk fails when it is told to, once. As a kernel does, it then takes what
// it was to write for written, unless that is written to again.
type forgetfulDisk struct {
	*recorder
	fails *bool
}

func (d forgetfulDisk) SyncRange(p []byte, off int64) error {
	if !*d.fails {
		return d.recorder.SyncRange(p, off)
	}
	*d.fails = false
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	for s := int(off) / sector; s <= (int(off)+len(p)-1)/sector; s++ {
		delete(d.pending, s)
	}
	return errDisk
}

func (d forgetfulDisk) WriteAt(p []byte, off int64) (int, error) {
	n, err := d.recorder.WriteAt(p, off)
	d.mu.Lock()
	defer d.mu.Unlock()
	for s := int(off) / sector; s <= (int(off)+n-1)/sector; s++ {
		b := d.now[s*sector : min((s+1)*sector, len(d.now))]
		d.pending[s] = append(d.pending[s], append([]byte(nil), b...))
	}
	return n, err
}

// failing opens a file on such a disk, which may be that of an open before.
func failing(t *testing.T, path string, o hashstore.Options, d *forgetfulDisk) *hashstore.Store {
	t.Helper()
	s, err := hashstore.OpenOn(path, &o, func(inner hashstore.Disk) hashstore.Disk {
		if d.recorder == nil {
			d.recorder = newRecorder(inner, func(*recorder, bool) {})
			d.fails = new(bool)
		}
		d.recorder.Disk = inner
		return *d
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The disk fails, and the store is opened again in the same run of the machine. What
// was not written then is written after all before a sync succeeds: it is there when
// the power fails.
func TestWhatADiskThatFailedHasLostIsWrittenAgain(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.SweepInterval, o.Durability, o.Logger = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour), quiet
		path := filepath.Join(fastDir(t), "sessions")
		disk := &forgetfulDisk{}
		s := failing(t, path, o, disk)
		var recs []*coatcheck.Record
		create := func() error {
			recs = append(recs, record("alice", 1000))
			return s.Create(t.Context(), recs[len(recs)-1])
		}
		must(t, create())
		must(t, s.Sync(t.Context()))
		must(t, create())
		*disk.fails = true
		if err := s.Sync(t.Context()); err == nil {
			t.Fatal("Sync has no error")
		}
		if err := create(); err == nil {
			t.Error("Create has no error after the disk had failed")
		}
		recs = recs[:2]
		if err := s.Close(); err == nil {
			t.Error("Close has no error, but the disk has not kept everything")
		}
		s = failing(t, path, o, disk)
		must(t, create())
		must(t, s.Sync(t.Context()))
		cut := &lastingDisk{recorder: disk.recorder}
		cut.cut(t, path+".cut", nothing)
		must(t, s.Close())
		sound(t, path)
		after := open(t, path+".cut", o)
		for i, rec := range recs {
			if _, err := after.Load(t.Context(), rec.ID); err != nil {
				t.Errorf("session %d: %v", i, err)
			}
		}
	})
}

// When the disk fails in one process, the others that have the file open promise
// nothing any more either, until somebody opens it again.
func TestFailureOfTheDiskIsThatOfAll(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.SweepInterval, o.Durability, o.Logger = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour), quiet
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		var fails func() error
		one, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return onceDisk{d, &fails} })
		if err != nil {
			t.Fatal(err)
		}
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		fails = func() error { return errDisk }
		if err := one.Sync(t.Context()); err == nil {
			t.Fatal("Sync has no error")
		}
		if err := s.Delete(t.Context(), rec.ID); err == nil {
			t.Error("Delete has no error")
		}
		if err := s.Sync(t.Context()); err == nil {
			t.Error("Sync has no error")
		}
		if _, err := s.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load: %v", err)
		}
		if err := one.Close(); err == nil {
			t.Error("Close has no error")
		}
		open(t, path, o)
		must(t, s.Delete(t.Context(), rec.ID))
	})
}
