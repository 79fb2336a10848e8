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
	if !hashstore.CanMap {
		t.Skip("nobody repairs meanwhile here")
	}
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

// A session that is changed whenever the disk is waited for can be deleted all the
// same.
func TestBusySessionCanBeDeleted(t *testing.T) {
	if !hashstore.CanMap {
		t.Skip("nobody changes it meanwhile here")
	}
	hashstore.WrapByPath(t)
	o := hashstore.Options{MaxBytes: 8 << 20, Durability: hashstore.Interval(time.Hour), SweepInterval: hashstore.NoSweep, Logger: quiet}
	path := filepath.Join(fastDir(t), "sessions")
	other := open(t, path, o)
	rec := record("alice", 100)
	must(t, other.Create(t.Context(), rec))
	changes := 0
	change := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		next := *rec
		next.Version++
		if other.Replace(ctx, &next, rec.Version) == nil {
			rec = &next
			changes++
		}
		if changes == 100 {
			t.Fatal("Delete tries again and again")
		}
	}
	s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return busyDisk{d, change} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must(t, s.Delete(t.Context(), rec.ID))
	if changes == 0 {
		t.Error("nobody changed it meanwhile")
	}
	gone(t, other, rec.ID, "a deleted session")
	gone(t, reborn(t, path, o), rec.ID, "a deleted session")
	sound(t, path)
}

// A session that is changed whenever the disk is waited for can be ended by a Replace
// all the same, by who tries again when it was changed.
func TestBusySessionCanBeEnded(t *testing.T) {
	if !hashstore.CanMap {
		t.Skip("nobody changes it meanwhile here")
	}
	hashstore.WrapByPath(t)
	o := hashstore.Options{MaxBytes: 8 << 20, Durability: hashstore.Interval(time.Hour), SweepInterval: hashstore.NoSweep, Logger: quiet}
	path := filepath.Join(fastDir(t), "sessions")
	other := open(t, path, o)
	rec := record("alice", 100)
	must(t, other.Create(t.Context(), rec))
	changes := 0
	change := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		next := *rec
		next.Version++
		if other.Replace(ctx, &next, rec.Version) == nil {
			rec = &next
			changes++
		}
	}
	s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return busyDisk{d, change} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const tries = 5
	for range tries {
		stub := *rec
		stub.Version, stub.Owner = rec.Version+1, ""
		if err = s.Replace(t.Context(), &stub, rec.Version); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("after %d tries: %v", tries, err)
	}
	if changes == 0 {
		t.Error("nobody changed it meanwhile")
	}
	sound(t, path)
}

// A guest whose record is damaged makes room like any other.
func TestDamagedGuestMakesRoom(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxSessions, o.SweepInterval, o.Durability = 3, hashstore.NoSweep, hashstore.None()
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		var recs []*coatcheck.Record
		for i := range 3 {
			recs = append(recs, record("", 100))
			recs[i].Expires = recs[i].Expires.Add(time.Duration(i) * time.Second)
			must(t, s.Create(t.Context(), recs[i]))
		}
		hashstore.SpoilHead(t, s, recs[0].ID)
		created := make(chan error, 1)
		rec := record("", 100)
		go func() { created <- s.Create(context.Background(), rec) }()
		select {
		case err := <-created:
			must(t, err)
		case <-time.After(10 * time.Second):
			t.Fatal("Create goes on looking for room for ever, with the lock")
		}
		for i, each := range []*coatcheck.Record{recs[1], recs[2], rec} {
			if _, err := s.Load(t.Context(), each.ID); err != nil {
				t.Errorf("Load of session %d: %v", i, err)
			}
		}
		if st, err := s.Stat(t.Context()); err != nil || st.Records != 3 {
			t.Errorf("Stat: %+v, %v; want 3 records", st, err)
		}
	})
}

// What has expired and is damaged makes room, too, at once.
func TestDamagedAndExpiredMakesRoom(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		now := time.Now()
		o.MaxSessions, o.SweepInterval, o.Durability = 2, hashstore.NoSweep, hashstore.None()
		o.Now = func() time.Time { return now }
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec, other := record("alice", 100), record("bob", 100)
		other.Expires = other.Deadline
		must(t, s.Create(t.Context(), rec))
		must(t, s.Create(t.Context(), other))
		hashstore.SpoilHead(t, s, rec.ID)
		now = rec.Expires.Add(time.Second)
		must(t, s.Create(t.Context(), record("carol", 100)))
	})
}
