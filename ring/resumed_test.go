package ring_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// begun makes the first steps of a Rebalance, and returns where to go on.
func begun(t *testing.T, r *ring.Ring) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := r.Rebalance(ctx, &ring.RebalanceOptions{PerSecond: -1, Report: func(ring.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) || p.Cursor == "" {
		t.Fatalf("Rebalance: %+v, %v", p, err)
	}
	return p.Cursor
}

// A Rebalance that began before a member came back, and goes on afterwards, has not
// seen all of its sessions: none is lost that the first part has passed.
func TestResumedRebalanceLosesNothingOfAMemberThatCameBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.FailOver)
		defer x.one.Close()
		defer x.two.Close()
		old := x.created(x.one, "b")
		x.down(broken)
		x.until("the share is taken over", func() bool {
			_, err := x.one.Load(t.Context(), old.ID)
			_, err2 := x.two.Load(t.Context(), old.ID)
			return errors.Is(err, coatcheck.ErrNotFound) && errors.Is(err2, coatcheck.ErrNotFound)
		})
		var meanwhile []*coatcheck.Record
		for range 8 {
			meanwhile = append(meanwhile, x.created(x.two, "b"))
		}
		cursor := begun(t, x.one)
		x.stores["b"].mode.Store(well)
		x.until("the member has its share again", func() bool { return x.one.Stats().Members[1].Homing && x.two.Stats().Members[1].Homing })
		time.Sleep(time.Minute)
		if _, err := x.one.Rebalance(t.Context(), fast(cursor)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for _, rec := range meanwhile {
			x.is(rec, nil)
		}
		cursor = begun(t, x.one)
		if _, err := x.one.Rebalance(t.Context(), fast(cursor)); err != nil {
			t.Fatal(err)
		}
		if x.one.Stats().Members[1].Homing {
			t.Error("a pass in two parts, which began when the member had come back, has not ended its return")
		}
		for _, rec := range meanwhile {
			x.is(rec, nil)
		}
	})
}

// Neither has one that began before a change: it does not allow to conclude that.
func TestConcludeWantsARebalanceThatBeganAfterTheChange(t *testing.T) {
	a, b, c := newFaulty(), newFaulty(), newFaulty()
	members := []ring.Member{{Name: "a", Store: a, Weight: 1}, {Name: "b", Store: b, Weight: 1}}
	r := newRing(t, members, nil)
	defer r.Close()
	var recs []*coatcheck.Record
	for range 20 {
		recs = append(recs, newRecord())
		if err := r.Create(t.Context(), recs[len(recs)-1]); err != nil {
			t.Fatal(err)
		}
	}
	cursor := begun(t, r)
	if err := r.SetMembers(append(members, ring.Member{Name: "c", Store: c, Weight: 2})); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rebalance(t.Context(), fast(cursor)); err != nil {
		t.Fatal(err)
	}
	if err := r.Conclude(); err == nil {
		t.Error("Conclude: no error behind half a Rebalance")
	}
	if _, err := r.Rebalance(t.Context(), fast(begun(t, r))); err != nil {
		t.Fatal(err)
	}
	if err := r.Conclude(); err != nil {
		t.Errorf("Conclude behind two halves: %v", err)
	}
	for _, rec := range recs {
		if _, err := r.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load: %v", err)
		}
	}
}

// What had no room in the first part is not forgotten in the second.
func TestResumedRebalanceRemembersWhatHadNoRoom(t *testing.T) {
	r := newRing(t, []ring.Member{{Name: "a", Store: newFaulty(), Weight: 1}, {Name: "b", Store: newFaulty(), Weight: 1}}, nil)
	rec := newRecord()
	for r.Locate(rec.ID)[0] != "a" {
		rec = newRecord()
	}
	if err := r.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	members := r.Members()
	small := memstore.New(&memstore.Options{MaxSessions: 1})
	t.Cleanup(func() { _ = small.Close() })
	if err := small.Create(t.Context(), newRecord()); err != nil {
		t.Fatal(err)
	}
	if err := r.SetMembers(append(members[1:], ring.Member{Name: "c", Store: small, Weight: 1e9})); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rebalance(t.Context(), fast(begun(t, r))); !errors.Is(err, coatcheck.ErrFull) {
		t.Errorf("the second part: %v, want ErrFull", err)
	}
	if err := r.Conclude(); err == nil {
		t.Error("Conclude: no error, and a session that stayed is lost")
	}
}
