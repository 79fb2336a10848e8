package hashstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

var errDisk = errors.New("the disk fails")

// A failingDisk fails one call of those that change the file, or all from it.
type failingDisk struct {
	hashstore.Disk
	calls  *atomic.Int64
	at     int64
	sticky bool
}

func (d *failingDisk) fails() bool {
	n := d.calls.Add(1)
	return n == d.at || d.sticky && n > d.at && d.at > 0
}

func (d *failingDisk) WriteAt(p []byte, off int64) (int, error) {
	if d.fails() {
		if len(p) <= 8 {
			return 0, errDisk // no disk splits a word
		}
		n, _ := d.Disk.WriteAt(p[:len(p)/2], off)
		return n, errDisk
	}
	return d.Disk.WriteAt(p, off)
}

func (d *failingDisk) WriteSync(p []byte, off int64) error {
	if d.fails() {
		_, _ = d.Disk.WriteAt(p[:len(p)/2], off)
		return errDisk
	}
	return d.Disk.WriteSync(p, off)
}

func (d *failingDisk) SyncRange(p []byte, off int64) error {
	if d.fails() {
		return errDisk
	}
	return d.Disk.SyncRange(p, off)
}

func (d *failingDisk) Sync() error {
	if d.fails() {
		return errDisk
	}
	return d.Disk.Sync()
}

func (d *failingDisk) Allocate(off, n int64) error {
	if d.fails() {
		return errDisk
	}
	return d.Disk.Allocate(off, n)
}

func (d *failingDisk) Punch(off, n int64) error {
	if d.fails() {
		return errDisk
	}
	return d.Disk.Punch(off, n)
}

// Whatever call of the disk fails, what was acknowledged is in the file when it
// is opened again, nothing deleted is, and Check finds it sound.
func TestEveryCallOfTheDiskFails(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		for _, sticky := range []bool{false, true} {
			step := int64(1)
			if o.Portable || !hashstore.CanMap {
				step = 53 // every word is a call there
			}
			for at := int64(1); failAt(t, o, at, sticky) && !t.Failed(); at += step {
			}
		}
	})
}

// failAt lets one call fail, and reports whether there were so many.
func failAt(t *testing.T, o hashstore.Options, at int64, sticky bool) bool {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(fastDir(t), "sessions")
	o.MaxBytes, o.SweepInterval, o.Logger, o.Durability = 8<<20, hashstore.NoSweep, quiet, hashstore.Always()
	calls := new(atomic.Int64)
	hashstore.WrapDisk(t, func(d hashstore.Disk) hashstore.Disk {
		return &failingDisk{Disk: d, calls: calls, at: at, sticky: sticky}
	})
	acked, unknown := map[coatcheck.ID]uint64{}, map[coatcheck.ID]bool{}
	note := func(rec *coatcheck.Record, version uint64, err error) {
		if err != nil {
			unknown[rec.ID] = true
			return
		}
		acked[rec.ID] = version
	}
	s, err := hashstore.Open(path, &o)
	if err == nil {
		var recs []*coatcheck.Record
		for i := range 40 {
			rec := record("alice", 8000)
			note(rec, rec.Version, s.Create(ctx, rec))
			recs = append(recs, rec)
			if i%4 == 3 {
				next := *rec
				next.Version++
				note(rec, next.Version, s.Replace(ctx, &next, rec.Version))
			}
		}
		for _, rec := range recs[:25] {
			note(rec, 0, s.Delete(ctx, rec.ID))
		}
		_ = s.Compact(ctx)
		_ = s.Sync(ctx)
		_ = s.Close()
	}
	reached := calls.Load() >= at
	hashstore.WrapDisk(t, nil)
	again, err := hashstore.Open(path, &o)
	if err != nil {
		t.Errorf("call %d fails: open again: %v", at, err)
		return false
	}
	for id, version := range acked {
		rec, err := again.Load(ctx, id)
		switch {
		case unknown[id]:
		case version == 0 && !errors.Is(err, coatcheck.ErrNotFound):
			t.Errorf("call %d fails: a deleted session is back: %v", at, err)
		case version != 0 && (err != nil || rec.Version != version):
			t.Errorf("call %d fails: a session is lost: %v", at, err)
		}
	}
	must(t, again.Close())
	if r, err := hashstore.Check(path); err != nil || len(r.Faults) > 0 {
		t.Errorf("call %d fails: Check: %v %v", at, err, r)
	}
	return reached
}
