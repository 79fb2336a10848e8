package memstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// sweep sweeps in batches and returns how many there were and what they did.
func sweep(t *testing.T, s *memstore.Store, before time.Time, limit int) (batches, deleted int) {
	t.Helper()
	for cursor := ""; ; {
		r, err := s.Sweep(context.Background(), before, cursor, limit)
		must(t, err)
		if r.Deleted > limit {
			t.Fatalf("a batch of at most %d deleted %d", limit, r.Deleted)
		}
		batches++
		deleted += r.Deleted
		if r.Next == "" {
			return batches, deleted
		}
		cursor = r.Next
	}
}

func TestSweepInBatches(t *testing.T) {
	s, c := limited(memstore.NoLimit)
	const all, touched = 2000, 700
	fill(t, s, 0, all, "ann")
	for n := range touched {
		must(t, s.Touch(context.Background(), idOf(n), start.Add(time.Hour)))
	}
	if _, deleted := sweep(t, s, start.Add(30*time.Minute-time.Nanosecond), 100); deleted != 0 {
		t.Fatalf("%d are deleted before their time", deleted)
	}
	c.add(30 * time.Minute)
	batches, deleted := sweep(t, s, c.now(), 100)
	if deleted != all-touched || batches < 13 {
		t.Errorf("%d batches deleted %d, want at least 13 and %d", batches, deleted, all-touched)
	}
	for n := range all {
		has(t, s, n, n < touched)
	}
	if st := stat(t, s); st.Records != touched || st.Evicted != 0 {
		t.Errorf("figures are %+v", st)
	}
	if _, deleted := sweep(t, s, start.Add(time.Hour), 1); deleted != touched {
		t.Errorf("the second sweep deletes %d, want %d", deleted, touched)
	}
}

// Times with parts of a millisecond break the contract, but must not make the
// store lose its way.
func TestSweepOfTimesThatAreNotWhole(t *testing.T) {
	s, c := limited(10)
	rec := session(0, "")
	rec.Expires = start.Add(time.Millisecond + 500*time.Microsecond)
	must(t, s.Create(context.Background(), rec))
	c.add(time.Millisecond)
	if _, deleted := sweep(t, s, c.now(), 10); deleted != 0 {
		t.Errorf("%d are deleted, want none", deleted)
	}
	has(t, s, 0, true)
	fill(t, s, 1, 12, "") // makes room meanwhile
	c.add(time.Millisecond)
	sweep(t, s, c.now(), 10)
	has(t, s, 0, false)
}

func TestAStubIsSweptAtItsOwnEnd(t *testing.T) {
	s, c := limited(10)
	fill(t, s, 0, 3, "ann")
	must(t, s.Replace(context.Background(), stub(session(1, "ann")), 1))
	c.add(time.Minute)
	if _, deleted := sweep(t, s, c.now(), 10); deleted != 1 {
		t.Errorf("%d are deleted, want the stub", deleted)
	}
	has(t, s, 0, true)
	has(t, s, 1, false)
}

func TestAContextThatIsDoneHasNoEffect(t *testing.T) {
	s, _ := limited(10)
	fill(t, s, 0, 1, "ann")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	rec := session(0, "ann")
	_, err := s.Load(ctx, rec.ID)
	wants(t, err, context.Canceled)
	wants(t, s.Create(ctx, session(1, "")), context.Canceled)
	wants(t, s.Replace(ctx, next(rec, "x"), 1), context.Canceled)
	wants(t, s.Touch(ctx, rec.ID, rec.Deadline), context.Canceled)
	wants(t, s.Delete(ctx, rec.ID), context.Canceled)
	_, _, err = s.List(ctx, "", 1)
	wants(t, err, context.Canceled)
	_, _, err = s.Owned(ctx, "ann", "", 1)
	wants(t, err, context.Canceled)
	_, err = s.Sweep(ctx, start.Add(time.Hour), "", 1)
	wants(t, err, context.Canceled)
	_, err = s.Stat(ctx)
	wants(t, err, context.Canceled)
	wants(t, s.Watch(ctx, func(coatcheck.Change) {}), context.Canceled)
	got, err := s.Load(context.Background(), rec.ID)
	must(t, err)
	if got.Version != 1 || !got.Expires.Equal(rec.Expires) || stat(t, s).Records != 1 {
		t.Errorf("the record is %+v, want it unchanged", got)
	}
}
