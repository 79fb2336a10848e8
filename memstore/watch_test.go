package memstore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// These run in a bubble: synctest.Wait returns when the watcher waits for
// changes.

func TestWatchReportsEveryChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := at()
		o.MaxSessions = 4
		s := memstore.New(o)
		ctx, cancel := context.WithCancel(context.Background())
		var got []coatcheck.Change
		ended := make(chan error, 1)
		go func() { ended <- s.Watch(ctx, func(c coatcheck.Change) { got = append(got, c) }) }()
		synctest.Wait()

		fill(t, s, 0, 2, "")
		must(t, s.Replace(ctx, next(session(0, ""), "x"), 1))
		must(t, s.Touch(ctx, idOf(0), start.Add(time.Hour))) // no change
		fill(t, s, 2, 3, "")                                 // evicts 1
		must(t, s.Delete(ctx, idOf(2)))
		must(t, s.Delete(ctx, idOf(2))) // no change
		c.add(time.Hour)
		_, err := s.Sweep(ctx, c.now(), "", 10) // deletes 0
		must(t, err)
		synctest.Wait()
		want := []coatcheck.Change{
			{ID: idOf(0), Version: 1}, {ID: idOf(1), Version: 1}, {ID: idOf(0), Version: 2},
			{ID: idOf(1)}, {ID: idOf(2), Version: 1}, {ID: idOf(2)}, {ID: idOf(0)},
		}
		if len(got) != len(want) {
			t.Fatalf("%d changes %v, want %d", len(got), got, len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("change %d is %v, want %v", i, got[i], want[i])
			}
		}
		cancel()
		wants(t, <-ended, context.Canceled)
	})
}

func TestASlowWatcherIsToldThatItMissedChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := limited(memstore.NoLimit)
		ctx, cancel := context.WithCancel(context.Background())
		proceed := make(chan struct{})
		var changes, lost int
		var last coatcheck.Change
		ended := make(chan error, 1)
		go func() {
			ended <- s.Watch(ctx, func(c coatcheck.Change) {
				<-proceed
				if c.Lost {
					lost++
					return
				}
				changes++
				last = c
			})
		}()
		synctest.Wait()
		const many = 3 * memstore.Backlog
		fill(t, s, 0, many, "") // waits for nobody
		close(proceed)
		synctest.Wait()
		// It hears of it once, or again if it began in the midst of it.
		if lost < 1 || lost > 2 || changes < memstore.Backlog || changes > memstore.Backlog+1 {
			t.Errorf("%d changes and %d times Lost, want about %d and 1", changes, lost, memstore.Backlog)
		}
		before := lost
		fill(t, s, many, many+1, "")
		synctest.Wait()
		if lost != before || last.ID != idOf(many) {
			t.Errorf("after it has caught up: %d times Lost and %v last", lost, last)
		}
		cancel()
		wants(t, <-ended, context.Canceled)
	})
}

func TestCloseEndsWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := limited(10)
		ended := make(chan error, 2)
		for range 2 {
			go func() { ended <- s.Watch(t.Context(), func(coatcheck.Change) {}) }()
		}
		synctest.Wait()
		must(t, s.Close())
		for range 2 {
			if err := <-ended; !errors.Is(err, coatcheck.ErrClosed) {
				t.Errorf("error is %v, want %v", err, coatcheck.ErrClosed)
			}
		}
	})
}

// A watcher that has caught up just as a change was dropped hears of it at once,
// not only with the next change.
func TestAWatcherThatCatchesUpIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := limited(memstore.NoLimit)
		ctx, cancel := context.WithCancel(context.Background())
		var got []coatcheck.Change
		ended := make(chan error, 1)
		go func() { ended <- s.Watch(ctx, func(c coatcheck.Change) { got = append(got, c) }) }()
		synctest.Wait()
		s.Miss(coatcheck.Change{ID: idOf(1), Version: 2})
		synctest.Wait()
		if len(got) != 2 || !got[0].Lost || got[1].ID != idOf(1) {
			t.Errorf("it hears %v", got)
		}
		cancel()
		wants(t, <-ended, context.Canceled)
	})
}
