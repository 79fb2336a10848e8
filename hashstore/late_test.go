package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// ended makes a session that has ended early, and what ended it has expired: a
// sweep must write down that it is gone. later is a moment after that.
func ended(t *testing.T, s *hashstore.Store, owner string) (rec *coatcheck.Record, later time.Time) {
	t.Helper()
	rec = record(owner, 100)
	must(t, s.Create(t.Context(), rec))
	stub := *rec
	stub.Version, stub.Deadline = 2, rec.Created.Add(time.Minute)
	stub.Expires = stub.Deadline
	must(t, s.Replace(t.Context(), &stub, 1))
	return rec, rec.Created.Add(2 * time.Minute)
}

// again returns a record with the ID of another.
func again(rec *coatcheck.Record) *coatcheck.Record {
	next := *rec
	next.Version = 3
	return &next
}

// kept checks that a store has a session, also when its index is made anew.
func kept(t *testing.T, s *hashstore.Store, path string, rec *coatcheck.Record, o hashstore.Options) {
	t.Helper()
	for what, s := range map[string]*hashstore.Store{"the file": s, "the log alone": reborn(t, path, o)} {
		if got, err := s.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version {
			t.Errorf("Load from %s: %v", what, err)
		}
	}
	sound(t, path)
}

// A session is created in the place of one that has expired, and a sweep removes
// that one while the disk is waited for. What the sweep writes to the log does
// not stand against the new session.
func TestSweepWhileTheDiskIsWaitedFor(t *testing.T) {
	needsMap(t)
	hashstore.WrapByPath(t)
	now := time.Now()
	o := hashstore.Options{
		MaxBytes: 8 << 20, Durability: hashstore.Always(), SweepInterval: hashstore.NoSweep, Logger: quiet,
		Now: func() time.Time { return now },
	}
	path := filepath.Join(fastDir(t), "sessions")
	var meanwhile func()
	s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return waitingDisk{d, &meanwhile} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rec, later := ended(t, s, "alice")
	now = later
	swept := 0
	meanwhile = func() { swept = sweepAll(t, s, now) }
	must(t, s.Create(t.Context(), again(rec)))
	if swept != 1 {
		t.Fatalf("%d sessions were swept meanwhile, want 1", swept)
	}
	kept(t, s, path, again(rec), o)
}

// The same, when it is another session of the same batch that needs the room of
// what has expired.
func TestRoomIsMadeInABatch(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		now := time.Now()
		o.MaxBytes, o.Durability, o.SweepInterval, o.MaxSessions = 8<<20, hashstore.Always(), hashstore.NoSweep, 3
		o.Now = func() time.Time { return now }
		path := filepath.Join(fastDir(t), "sessions")
		s, holder := open(t, path, o), open(t, path, o)
		rec, later := ended(t, s, "")
		must(t, s.Create(t.Context(), record("", 10)))
		now = later
		next := again(rec)
		atOnce(t, s, holder, []*coatcheck.Record{record("bob", 10), next, record("carol", 10)})
		kept(t, s, path, next, o)
	})
}

// A sweep that finds that a session has been touched in time has not written to
// the log that the session is gone.
func TestSweepThatATouchOvertakesWritesNothing(t *testing.T) {
	o := hashstore.Options{MaxBytes: 8 << 20, SweepInterval: hashstore.NoSweep}
	needsMap(t)
	path := filepath.Join(fastDir(t), "sessions")
	other := open(t, path, o)
	rec := record("alice", 100)
	must(t, other.Create(t.Context(), rec))
	sweeping, touched := false, rec.Expires
	o.Now = func() time.Time {
		if sweeping {
			touched = touched.Add(time.Second)
			must(t, other.Touch(t.Context(), rec.ID, touched))
		}
		return time.Now()
	}
	s := open(t, path, o)
	sweeping = true
	n := sweepAll(t, s, rec.Expires.Add(time.Hour)) // ahead of the clock
	sweeping = false
	if n != 0 || touched.Equal(rec.Expires) {
		t.Fatalf("%d sessions were swept, and the last touch was until %v", n, touched)
	}
	kept(t, s, path, rec, o)
}
