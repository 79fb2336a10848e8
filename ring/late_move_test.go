package ring_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// A slow store takes a while for each call.
type slow struct {
	coatcheck.Store
	takes time.Duration
}

// Load implements coatcheck.Store.
func (s *slow) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	time.Sleep(s.takes)
	return s.Store.Load(ctx, id)
}

// Create implements coatcheck.Store.
func (s *slow) Create(ctx context.Context, rec *coatcheck.Record) error {
	time.Sleep(s.takes)
	return s.Store.Create(ctx, rec)
}

// Replace implements coatcheck.Store.
func (s *slow) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	time.Sleep(s.takes)
	return s.Store.Replace(ctx, rec, old)
}

// A session that others have seen to be gone, with the member that they have given
// up, does not come back by a move from there that was under way, slowly, in a
// process that still reached the member.
func TestSlowMoveFromAGivenUpMemberBringsNothingBack(t *testing.T) {
	for lead := time.Duration(0); lead < 6*time.Second; lead += 250 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) { slowMove(t, lead) })
	}
}

// slowMove begins the move some time after the others have lost the member.
func slowMove(t *testing.T, lead time.Duration) {
	a, b, c := newFaulty(), newFaulty(), newFaulty()
	unreached := &faulty{Store: b.Store} // b, for the other process
	slowA, slowB := &slow{a, 0}, &slow{b, 0}
	members := func(a, b coatcheck.Store, after bool) []ring.Member {
		ms := []ring.Member{{Name: "a", Store: a, Weight: 1}, {Name: "b", Store: b, Weight: 1e6}, {Name: "c", Store: c, Weight: 1e-6}}
		if after {
			ms[1].Weight, ms[1].Standby = 0, true
		}
		return ms
	}
	one := newRing(t, members(slowA, slowB, false), &ring.Options{Policy: ring.FailOver})
	two := newRing(t, members(a, unreached, false), &ring.Options{Policy: ring.FailOver})
	rec := newRecord()
	if err := one.Create(t.Context(), rec); err != nil || one.Locate(rec.ID)[0] != "b" {
		t.Fatalf("Create: %v", err)
	}
	if err := errors.Join(one.SetMembers(members(slowA, slowB, true)), two.SetMembers(members(a, unreached, true))); err != nil {
		t.Fatal(err)
	}
	slowA.takes, slowB.takes = 400*time.Millisecond, 400*time.Millisecond
	unreached.mode.Store(broken)
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		time.Sleep(lead)
		_ = one.Replace(context.Background(), next(rec), rec.Version)
	}()
	gone := false
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(50 * time.Millisecond) {
		_, err := two.Load(t.Context(), rec.ID)
		switch {
		case errors.Is(err, coatcheck.ErrNotFound):
			gone = true
		case err == nil && gone:
			t.Errorf("a move %v after the member was lost brought the session back", lead)
			gone = false
		}
	}
	<-moved
	one.Close()
	two.Close()
}
