package hashstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// fillSegment replaces a record until a segment of the log is full of what is
// dead.
func fillSegment(t *testing.T, s *hashstore.Store) {
	t.Helper()
	ctx := context.Background()
	rec := record("", 1000)
	must(t, s.Create(ctx, rec))
	for range 300 {
		next := *rec
		next.Version++
		must(t, s.Replace(ctx, &next, rec.Version))
		rec = &next
	}
}

// reborn opens a copy of a file, whose index is made anew from the records.
func reborn(t *testing.T, path string, o hashstore.Options) *hashstore.Store {
	t.Helper()
	copied := path + ".copy"
	copyFile(t, path, copied)
	return open(t, copied, o)
}

// gone checks that a store has no such session.
func gone(t *testing.T, s *hashstore.Store, id coatcheck.ID, what string) {
	t.Helper()
	if _, err := s.Load(context.Background(), id); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("%s is back, or: %v", what, err)
	}
}

// sweepAll sweeps all of a store.
func sweepAll(t *testing.T, s *hashstore.Store, before time.Time) (deleted int) {
	t.Helper()
	for next := ""; ; {
		res, err := s.Sweep(context.Background(), before, next, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		deleted += res.Deleted
		if next = res.Next; next == "" {
			return deleted
		}
	}
}

// older makes a store with a record whose segment is otherwise live, so that it
// stays where it is, and fills that segment.
func older(t *testing.T, path string, o hashstore.Options) (*hashstore.Store, *coatcheck.Record) {
	t.Helper()
	ctx := context.Background()
	s, rec := open(t, path, o), record("alice", 1000)
	must(t, s.Create(ctx, rec))
	for range 300 {
		must(t, s.Create(ctx, record("bob", 1000)))
	}
	return s, rec
}

// The segment of a tombstone is compacted, that of what it stands against is
// not: the tombstone goes along.
func TestTombstoneOutlivesItsSegment(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.Durability, o.SweepInterval = 32<<20, hashstore.Interval(time.Hour), hashstore.NoSweep
		path := filepath.Join(fastDir(t), "sessions")
		s, rec := older(t, path, o)
		must(t, s.Delete(t.Context(), rec.ID))
		for range 4 {
			fillSegment(t, s)
		}
		before := hashstore.TombstoneBytes(t, s)
		must(t, s.Compact(t.Context()))
		must(t, s.Compact(t.Context()))
		if after := hashstore.TombstoneBytes(t, s); after != before {
			t.Errorf("%d bytes of tombstones, before compaction %d", after, before)
		}
		gone(t, reborn(t, path, o), rec.ID, "a deleted session")
	})
}

// A sweep that goes by a later time than the clock says deletes what has not
// expired. That is for good.
func TestSweepAheadOfTheClockIsForGood(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval = 32<<20, hashstore.NoSweep
		path := filepath.Join(fastDir(t), "sessions")
		s, rec := open(t, path, o), record("alice", 10)
		must(t, s.Create(t.Context(), rec))
		if n := sweepAll(t, s, rec.Expires.Add(time.Second)); n != 1 {
			t.Fatalf("Sweep deletes %d sessions, want 1", n)
		}
		gone(t, s, rec.ID, "a swept session")
		gone(t, reborn(t, path, o), rec.ID, "a swept session")
	})
}

// What ended a session expires and is swept, and its segment vanishes. What the
// session was before would still be live.
func TestSweptEndDoesNotRevive(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"in time": 0, "ahead of the clock": 40 * time.Minute} {
		t.Run(name, func(t *testing.T) { sweptEnd(t, ahead) })
	}
}

// sweptEnd is that with a sweep that goes by a time so far ahead of the clock.
func sweptEnd(t *testing.T, ahead time.Duration) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		now := time.Now()
		o.MaxBytes, o.Durability, o.SweepInterval = 32<<20, hashstore.Interval(time.Hour), hashstore.NoSweep
		o.Now = func() time.Time { return now }
		path := filepath.Join(fastDir(t), "sessions")
		s, rec := open(t, path, o), record("alice", 1000)
		rec.Expires = rec.Created.Add(30 * time.Minute) // before the others
		rec.Deadline = rec.Expires
		must(t, s.Create(t.Context(), rec))
		for range 300 {
			must(t, s.Create(t.Context(), record("bob", 1000)))
		}
		stub := record("", 1000)
		stub.ID, stub.Version = rec.ID, rec.Version+1
		stub.Expires, stub.Deadline = rec.Created.Add(time.Minute), rec.Created.Add(time.Minute)
		must(t, s.Replace(t.Context(), stub, rec.Version))
		fillSegment(t, s)
		now = now.Add(2 * time.Minute)
		if n := sweepAll(t, s, now.Add(ahead)); n != 1 {
			t.Fatalf("%d sessions were swept, want 1", n)
		}
		for range 4 {
			fillSegment(t, s)
		}
		must(t, s.Compact(t.Context()))
		gone(t, s, rec.ID, "an ended session")
		gone(t, reborn(t, path, o), rec.ID, "an ended session")
	})
}
