package hashstore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A writtenDisk calls something after the next write that the store waits for.
type writtenDisk struct {
	hashstore.Disk
	afterwards *func()
}

func (d writtenDisk) WriteSync(p []byte, off int64) error {
	err := d.Disk.WriteSync(p, off)
	if f := *d.afterwards; f != nil {
		*d.afterwards = nil
		f()
	}
	return err
}

// Somebody died when its record was in the log and not in the index, and another
// writer has that place now and waits for the disk. When a third one dies with the
// lock, whoever repairs after it does not take the record of the writer for that
// of the dead.
func TestRepairLeavesAWriterItsRecord(t *testing.T) {
	needsMap(t)
	hashstore.WrapByPath(t)
	o := hashstore.Options{MaxBytes: 8 << 20, Durability: hashstore.Always(), SweepInterval: hashstore.NoSweep, Logger: quiet}
	path := filepath.Join(fastDir(t), "sessions")
	var afterwards func()
	s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return writtenDisk{d, &afterwards} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must(t, s.Create(t.Context(), record("alice", 100)))
	first, second := open(t, path, o), open(t, path, o)
	witness := open(t, path, o)
	hashstore.DieClaiming(t, first, record("bob", 100))
	rec := record("carol", 100)
	called := false
	afterwards = func() {
		called = true
		hashstore.DieLocked(t, second)
		_, err := witness.Stat(context.Background())
		must(t, err)
	}
	must(t, s.Create(t.Context(), rec))
	if !called {
		t.Fatal("the disk was not waited for")
	}
	must(t, s.Create(t.Context(), record("dave", 100)))
	for what, s := range map[string]*hashstore.Store{"the file": witness, "the log alone": reborn(t, path, o)} {
		if _, err := s.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load from %s: %v", what, err)
		}
	}
	sound(t, path)
}

// A busyDisk does something whenever a write is waited for.
type busyDisk struct {
	hashstore.Disk
	meanwhile func()
}

func (d busyDisk) WriteSync(p []byte, off int64) error {
	d.meanwhile()
	return d.Disk.WriteSync(p, off)
}

// A busySession is changed by another process whenever the disk is waited for.
type busySession struct {
	store   *hashstore.Store // that waits
	other   *hashstore.Store // that changes it
	path    string
	options hashstore.Options
	rec     *coatcheck.Record // as it is
	changes int
}

func newBusySession(t *testing.T) *busySession {
	needsMap(t)
	hashstore.WrapByPath(t)
	x := &busySession{path: filepath.Join(fastDir(t), "sessions"), rec: record("alice", 100), options: hashstore.Options{
		MaxBytes: 8 << 20, Durability: hashstore.Interval(time.Hour), SweepInterval: hashstore.NoSweep, Logger: quiet,
	}}
	x.other = open(t, x.path, x.options)
	must(t, x.other.Create(t.Context(), x.rec))
	change := func() { x.change(t) }
	s, err := hashstore.OpenOn(x.path, &x.options, func(d hashstore.Disk) hashstore.Disk { return busyDisk{d, change} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	x.store = s
	return x
}

func (x *busySession) change(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	next := *x.rec
	next.Version++
	if x.other.Replace(ctx, &next, x.rec.Version) == nil {
		x.rec = &next
		x.changes++
	}
	if x.changes == 100 {
		t.Fatal("whoever waits for the disk tries again and again")
	}
}

// check checks that somebody was busy, and that the file is sound.
func (x *busySession) check(t *testing.T) {
	t.Helper()
	if x.changes == 0 {
		t.Error("nobody changed it meanwhile")
	}
	sound(t, x.path)
}

// A session that is changed whenever the disk is waited for can be deleted all the
// same.
func TestBusySessionCanBeDeleted(t *testing.T) {
	x := newBusySession(t)
	must(t, x.store.Delete(t.Context(), x.rec.ID))
	gone(t, x.other, x.rec.ID, "a deleted session")
	gone(t, reborn(t, x.path, x.options), x.rec.ID, "a deleted session")
	x.check(t)
}

// A session that is changed whenever the disk is waited for can be ended by a Replace
// all the same, by who tries again when it was changed.
func TestBusySessionCanBeEnded(t *testing.T) {
	x := newBusySession(t)
	const tries = 5
	var err error
	for range tries {
		stub := *x.rec
		stub.Version, stub.Owner = x.rec.Version+1, ""
		if err = x.store.Replace(t.Context(), &stub, x.rec.Version); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("after %d tries: %v", tries, err)
	}
	x.check(t)
}
