package coatcheck_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// laneTest is a bubble with lanes in it, one of which is held.
func laneTest(t *testing.T, test func(t *testing.T, ls *coatcheck.Lanes, id coatcheck.ID, held *coatcheck.Lane)) {
	synctest.Test(t, func(t *testing.T) {
		ls, id := coatcheck.NewLanes(), coatcheck.ID{1, 2, 3}
		held, err := ls.Enter(t.Context(), id, new(coatcheck.Lane), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		test(t, ls, id, held)
		synctest.Wait()
		if n := ls.Len(); n != 0 {
			t.Errorf("%d lanes are left over", n)
		}
	})
}

// A lane goes to those who wait in the order in which they came, with the
// record that was saved last.
func TestLaneGoesToTheLongestWaiter(t *testing.T) {
	laneTest(t, func(t *testing.T, ls *coatcheck.Lanes, id coatcheck.ID, held *coatcheck.Lane) {
		order := make(chan uint64, 5)
		for i := range uint64(5) {
			go func() {
				l, err := ls.Enter(t.Context(), id, new(coatcheck.Lane), time.Hour)
				if err != nil {
					t.Error(err)
					return
				}
				if l.Last().Version != i {
					t.Errorf("waiter %d finds record %d", i, l.Last().Version)
				}
				order <- i
				l.SetLast(&coatcheck.Record{Version: i + 1})
				ls.Leave(l)
			}()
			synctest.Wait()
		}
		if n := ls.Waiting(id); n != 5 {
			t.Errorf("%d wait, want 5", n)
		}
		held.SetLast(&coatcheck.Record{})
		ls.Leave(held)
		for i := range uint64(5) {
			if got := <-order; got != i {
				t.Errorf("waiter %d came at place %d", got, i)
			}
		}
	})
}

// Waiting ends at the timeout, exactly, and at the end of the context. Who
// gives up leaves no trace, and the next one gets the lane.
func TestLaneWaitingIsBounded(t *testing.T) {
	laneTest(t, func(t *testing.T, ls *coatcheck.Lanes, id coatcheck.ID, held *coatcheck.Lane) {
		start := time.Now()
		if _, err := ls.Enter(t.Context(), id, new(coatcheck.Lane), 2*time.Second); !errors.Is(err, coatcheck.ErrConflict) {
			t.Errorf("after the timeout: %v, want ErrConflict", err)
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("waited %v, want 2s", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := ls.Enter(ctx, id, new(coatcheck.Lane), time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the context: %v", err)
		}
		if n := ls.Waiting(id); n != 0 {
			t.Errorf("%d still wait", n)
		}
		got := make(chan *coatcheck.Lane)
		go func() {
			l, err := ls.Enter(t.Context(), id, new(coatcheck.Lane), time.Hour)
			if err != nil {
				t.Error(err)
			}
			got <- l
		}()
		synctest.Wait()
		ls.Leave(held)
		ls.Leave(<-got)
	})
}

// A waiter that gives up in the moment in which it is given the lane passes
// it on.
func TestLaneIsNotLostToAWaiterThatGivesUp(t *testing.T) {
	ls, id := coatcheck.NewLanes(), coatcheck.ID{9}
	for round := range 300 {
		held, err := ls.Enter(t.Context(), id, new(coatcheck.Lane), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		waiting := []context.Context{ctx, t.Context()}[:1+round%2]
		var waiters sync.WaitGroup
		for _, ctx := range waiting {
			waiters.Go(func() {
				if l, err := ls.Enter(ctx, id, new(coatcheck.Lane), time.Minute); err == nil {
					ls.Leave(l)
				} else if !errors.Is(err, context.Canceled) {
					t.Errorf("Enter: %v", err)
				}
			})
		}
		for ls.Waiting(id) < len(waiting) {
			runtime.Gosched() // they are on their way
		}
		giveUp()
		ls.Leave(held) // before the waiter has come to itself
		waiters.Wait()
		if ls.Len() != 0 {
			t.Fatal("the lane is still there")
		}
	}
}

// Lanes of different sessions do not wait for each other, not even in one
// shard.
func TestLanesAreIndependent(t *testing.T) {
	laneTest(t, func(t *testing.T, ls *coatcheck.Lanes, id coatcheck.ID, held *coatcheck.Lane) {
		other := id
		other[31]++
		start := time.Now()
		l, err := ls.Enter(t.Context(), other, new(coatcheck.Lane), time.Second)
		if err != nil || time.Since(start) != 0 {
			t.Fatalf("another session waited %v: %v", time.Since(start), err)
		}
		ls.Leave(l)
		ls.Leave(held)
	})
}

// The spare lane of a session is used when it is free, and forgets what it
// held; it never stands for two sessions.
func TestLaneReusesItsSpare(t *testing.T) {
	laneTest(t, func(t *testing.T, ls *coatcheck.Lanes, id coatcheck.ID, held *coatcheck.Lane) {
		other := coatcheck.ID{7}
		l, err := ls.Enter(t.Context(), other, held, time.Second)
		if err != nil || l == held {
			t.Fatalf("a lane that is in use stands for another session: %v, %v", l == held, err)
		}
		ls.Leave(l)
		held.SetLast(new(coatcheck.Record))
		ls.Leave(held)
		l, err = ls.Enter(t.Context(), other, held, time.Second)
		if err != nil || l != held || l.Last() != nil {
			t.Fatalf("the spare is used: %v, its record: %v, %v", l == held, l.Last(), err)
		}
		ls.Leave(l)
	})
}

// Under load a lane has one holder at a time, and none is left over.
func TestLaneHasOneHolder(t *testing.T) {
	ls := coatcheck.NewLanes()
	var holders [3]atomic.Int32
	var workers sync.WaitGroup
	for w := range 16 {
		workers.Go(func() {
			var spare coatcheck.Lane
			for i := range 100 {
				which := (w + i) % len(holders)
				l, err := ls.Enter(t.Context(), coatcheck.ID{byte(which)}, &spare, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders[which].Add(1); n != 1 {
					t.Errorf("%d holders", n)
				}
				holders[which].Add(-1)
				ls.Leave(l)
			}
		})
	}
	workers.Wait()
	if n := ls.Len(); n != 0 {
		t.Errorf("%d lanes are left over", n)
	}
}
