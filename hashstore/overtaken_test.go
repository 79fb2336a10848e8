package hashstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// onMap opens a store in a map, whose readers take no lock.
func onMap(t *testing.T, o hashstore.Options) (*hashstore.Store, string) {
	t.Helper()
	needsMap(t)
	o.MaxBytes, o.SweepInterval = 32<<20, hashstore.NoSweep
	path := filepath.Join(fastDir(t), "sessions")
	return open(t, path, o), path
}

// Who looks into the index that was, and finds nothing there, has found out
// nothing: its segments may be another's already.
func TestMissInAFormerIndexIsNoMiss(t *testing.T) {
	s, _ := onMap(t, hashstore.Options{Durability: hashstore.None()})
	rec := record("alice", 100)
	must(t, s.Create(context.Background(), rec))
	err := hashstore.LoadOver(s, rec.ID, func() {
		hashstore.MoveIndex(t, s, hashstore.IndexBits(s), func() {})
		for range 600 { // over the place where it was
			must(t, s.Create(context.Background(), record("", 1000)))
		}
	})
	if !hashstore.Moved(err) {
		t.Errorf("Load while the index moves: %v, want another try", err)
	}
}

// Who has found a record reads it to no avail if it was replaced, deleted or
// moved meanwhile.
func TestReaderThatIsOvertakenTriesAgain(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]func(*testing.T, *hashstore.Store, *coatcheck.Record){
		"replace": func(t *testing.T, s *hashstore.Store, rec *coatcheck.Record) {
			next := *rec
			next.Version++
			must(t, s.Replace(ctx, &next, rec.Version))
		},
		"delete": func(t *testing.T, s *hashstore.Store, rec *coatcheck.Record) { must(t, s.Delete(ctx, rec.ID)) },
		"move":   func(t *testing.T, s *hashstore.Store, _ *coatcheck.Record) { hashstore.MoveIndex(t, s, 12, func() {}) },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := onMap(t, hashstore.Options{Durability: hashstore.None()})
			rec := record("alice", 100)
			must(t, s.Create(ctx, rec))
			if err := hashstore.ReadOver(s, rec.ID, func() {}); err != nil {
				t.Fatal(err)
			}
			if err := hashstore.ReadOver(s, rec.ID, func() { change(t, s, rec) }); !hashstore.Moved(err) {
				t.Errorf("Load meanwhile: %v, want another try", err)
			}
		})
	}
}

// The same, when meanwhile something else stands in the place of the record, which
// read as one would be longer than the file.
func TestReaderIsNotLedBehindTheEnd(t *testing.T) {
	ctx := context.Background()
	s, _ := onMap(t, hashstore.Options{Durability: hashstore.None()})
	var recs []*coatcheck.Record
	first, segment := false, 0
	for !first || segment < 2 {
		rec := record("alice", 1000)
		must(t, s.Create(ctx, rec))
		recs = append(recs, rec)
		first, segment = hashstore.LeadsSegment(t, s, rec.ID)
	}
	err := hashstore.ReadOver(s, recs[len(recs)-1].ID, func() {
		for _, rec := range recs {
			must(t, s.Delete(ctx, rec.ID))
		}
		fillSegment(t, s)
		must(t, s.Compact(ctx))
		large := record("dave", 400_000)
		for i := 2; i < len(large.Data); i += 4 {
			large.Data[i] = 0x30 // three lengths of 3 MiB
		}
		must(t, s.Create(ctx, large))
	})
	if !hashstore.Moved(err) {
		t.Errorf("Load meanwhile: %v, want another try", err)
	}
}

// Who has found a slot to touch leaves it alone if it is another's meanwhile, or
// was changed in any way.
func TestTouchThatIsOvertakenTriesAgain(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]func(*testing.T, *hashstore.Store, []*coatcheck.Record){
		"touch": func(t *testing.T, s *hashstore.Store, recs []*coatcheck.Record) {
			must(t, s.Touch(ctx, recs[0].ID, recs[0].Expires.Add(2*time.Hour)))
		},
		"replace": func(t *testing.T, s *hashstore.Store, recs []*coatcheck.Record) {
			next := *recs[0]
			next.Version++
			must(t, s.Replace(ctx, &next, 1))
		},
		"another in its slot": func(t *testing.T, s *hashstore.Store, recs []*coatcheck.Record) {
			must(t, s.Delete(ctx, recs[0].ID))
			must(t, s.Create(ctx, recs[1]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := onMap(t, hashstore.Options{Durability: hashstore.None()})
			recs := neighbours(s, 2)
			must(t, s.Create(ctx, recs[0]))
			err := hashstore.TouchOver(s, recs[0].ID, recs[0].Expires.Add(time.Hour), func() { change(t, s, recs) })
			if !hashstore.Moved(err) {
				t.Errorf("Touch meanwhile: %v, want another try", err)
			}
			if got, err := s.Load(ctx, recs[1].ID); err == nil && !got.Expires.Equal(recs[1].Expires) {
				t.Errorf("another session was touched: it ends at %v", got.Expires)
			}
		})
	}
}

// A touch that comes when its slot has been copied waits for the new index, and
// is not written into the old one.
func TestTouchDuringGrowthIsNotLost(t *testing.T) {
	ctx := context.Background()
	s, path := onMap(t, hashstore.Options{Durability: hashstore.None()})
	other := open(t, path, hashstore.Options{Durability: hashstore.None(), SweepInterval: hashstore.NoSweep})
	rec := record("alice", 100)
	must(t, s.Create(ctx, rec))
	to := rec.Expires.Add(time.Hour)
	var err error
	hashstore.MoveIndex(t, s, 12, func() {
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		err = other.Touch(short, rec.ID, to)
	})
	got, lerr := s.Load(ctx, rec.ID)
	must(t, lerr)
	if err == nil && !got.Expires.Equal(to) {
		t.Errorf("a touch in the midst of a move is lost: %v, want %v", got.Expires, to)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	must(t, other.Touch(ctx, rec.ID, to))
	if got, err = s.Load(ctx, rec.ID); err != nil || !got.Expires.Equal(to) {
		t.Errorf("a touch after a move: %v, %v; want %v", got, err, to)
	}
}

// A touch that goes beyond the deadline leaves nothing in the file that says so.
func TestTouchEndsAtTheDeadline(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		ctx := context.Background()
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		rec := record("alice", 100)
		must(t, s.Create(ctx, rec))
		must(t, s.Touch(ctx, rec.ID, rec.Deadline.Add(time.Hour)))
		got, err := s.Load(ctx, rec.ID)
		if err != nil || !got.Expires.Equal(rec.Deadline) {
			t.Errorf("touched beyond the deadline: %v, %v; want %v", got, err, rec.Deadline)
		}
		sound(t, path)
	})
}

// Compaction asks the index which records are live, and drops the others. An
// index on the move, or left half moved by somebody who died, has them all.
func TestCompactionDropsNothingWhileTheIndexMoves(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		ctx := context.Background()
		path := filepath.Join(fastDir(t), "sessions")
		o.MaxBytes, o.Durability, o.SweepInterval = 32<<20, hashstore.None(), hashstore.NoSweep
		s := open(t, path, o)
		var recs []*coatcheck.Record
		for i := range 600 {
			rec := record(fmt.Sprint("user", i%7), 1000)
			must(t, s.Create(ctx, rec))
			recs = append(recs, rec)
		}
		for i := 0; i < len(recs); i += 3 {
			must(t, s.Delete(ctx, recs[i].ID))
		}
		for round := range 60 {
			if round%20 == 10 {
				doomed := open(t, path, o)
				hashstore.DieHolding(t, doomed)
			}
			hashstore.CompactStep(t, s, 20_000)
			hashstore.MoveIndex(t, s, 11+uint(round%3), func() {})
		}
		for i, rec := range recs {
			if _, err := s.Load(ctx, rec.ID); (err == nil) != (i%3 != 0) {
				t.Fatalf("Load of session %d: %v", i, err)
			}
		}
		sound(t, path)
	})
}
