package coatcheck_test

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// held counts what lies in a store, expired or not.
func held(t testing.TB, store fullStore) int {
	t.Helper()
	stat, err := store.(coatcheck.Stater).Stat(t.Context())
	expectNil(t, err)
	return int(stat.Records)
}

// Sweep deletes what has expired, and nothing that lives, page by page.
func TestSweepDeletesWhatHasExpired(t *testing.T) {
	clock, events := newClock(), new(journal)
	store := watched(t)
	store.inner, store.page = shelf(t, clock.Now), 3
	m := manage(t, store, &coatcheck.Options{Now: clock.Now, OnEvent: events.add})
	for range 10 {
		newVisitor(t, m).begin()
	}
	clock.Advance(time.Minute)
	v := newVisitor(t, m).begin()
	clock.Advance(30*time.Minute - 1 - time.Minute)
	n, err := m.Sweep(t.Context())
	expectNil(t, err)
	expectEqual(t, "swept a moment before", n, 0)
	clock.Advance(time.Millisecond)
	n, err = m.Sweep(t.Context())
	expectNil(t, err)
	expectEqual(t, "swept", n, 10)
	expectEqual(t, "left", held(t, store.inner), 1)
	v.expectMotto("")
	if swept := events.of(coatcheck.EventExpired); len(swept) != 1 || swept[0].N != 10 {
		t.Errorf("events %+v, want one of 10 sessions", swept)
	}
	expectEqual(t, "counted", m.Stats().Expired, 10)
}

func TestSweepReportsWhatTheStoreSays(t *testing.T) {
	store, events := watched(t), new(journal)
	m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
	store.on(only("Sweep", notDone))
	_, err := m.Sweep(t.Context())
	expectError(t, err, errLost)
	expectEqual(t, "events", len(events.of(coatcheck.EventStoreError)), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.Sweep(ctx)
	expectError(t, err, context.Canceled)
	_, err = manage(t, struct{ coatcheck.Store }{store.inner}, nil).Sweep(t.Context())
	expectError(t, err, coatcheck.ErrUnsupported)
	expectNil(t, m.Close())
	_, err = m.Sweep(t.Context())
	expectError(t, err, coatcheck.ErrClosed)
}

// The manager sweeps by itself, an hour behind the expiry, until it is closed.
func TestSweepHappensByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		m := manage(t, store, &coatcheck.Options{SweepInterval: 10 * time.Minute})
		newVisitor(t, m).begin()
		time.Sleep(90 * time.Minute) // 30 minutes idle, one hour of grace
		expectEqual(t, "left at the end of the grace", held(t, store.inner), 1)
		if n := store.count("Sweep"); n < 5 || n > 17 {
			t.Errorf("%d sweeps in 90 minutes, want one in 5 to 15 minutes", n)
		}
		time.Sleep(16 * time.Minute)
		expectEqual(t, "left behind it", held(t, store.inner), 0)
		expectEqual(t, "counted", m.Stats().Expired, 1)
		expectNil(t, m.Close())
		expectNil(t, m.Close())
		store.on(nil)
		time.Sleep(time.Hour)
		expectEqual(t, "sweeps of a closed manager", store.count("Sweep"), 0)
	})
}

// Several managers do not sweep in step, and a store that fails stops none of
// them for good.
func TestSweepsGoOnAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, events := watched(t), new(journal)
		m := manage(t, store, &coatcheck.Options{SweepInterval: time.Minute, OnEvent: events.add})
		newVisitor(t, m).begin()
		var times []time.Time
		store.on(only("Sweep", func(_ context.Context, _ op, do func() error) error {
			if times = append(times, time.Now()); len(times) < 20 {
				return errors.New("the disk is on fire")
			}
			return do()
		}))
		time.Sleep(2 * time.Hour)
		expectNil(t, m.Close())
		synctest.Wait() // for the last of them
		expectEqual(t, "left", held(t, store.inner), 0)
		expectEqual(t, "errors", len(events.of(coatcheck.EventStoreError)), 19)
		rests := make(map[time.Duration]bool)
		for i, at := range times[1:] {
			rests[at.Sub(times[i])] = true
		}
		if len(rests) < 10 {
			t.Errorf("%d different rests between %d sweeps", len(rests), len(times))
		}
	})
}

// After a jump of the clock the automatic sweep waits an hour: a clock that was
// wrong for a while costs nobody's session.
func TestSweepIsDeferredAfterAJumpOfTheClock(t *testing.T) {
	for _, jump := range []time.Duration{24 * time.Hour, 365 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var off atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
				store := watched(t)
				store.inner = shelf(t, now)
				m := manage(t, store, &coatcheck.Options{SweepInterval: 10 * time.Minute, Now: now, AnonymousAbsoluteTimeout: 10 * time.Hour, IdleTimeout: 2 * time.Hour, AnonymousIdleTimeout: 2 * time.Hour})
				v := newVisitor(t, m).begin()
				time.Sleep(20 * time.Minute)
				off.Store(int64(jump))
				time.Sleep(50 * time.Minute)
				v.expectAnonymous()
				off.Store(0) // somebody notices
				v.expectMotto("")
				time.Sleep(time.Hour)
				v.expectMotto("")
				expectEqual(t, "in the store", held(t, store.inner), 1)
				off.Store(int64(jump)) // nobody notices this time
				time.Sleep(2 * time.Hour)
				expectEqual(t, "in the store in the end", held(t, store.inner), 0)
			})
		})
	}
}

// The longest interval that there is means hardly ever, and not all the time.
func TestSweepIntervalWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		for range 16 {
			manage(t, store, &coatcheck.Options{SweepInterval: math.MaxInt64})
		}
		time.Sleep(24 * time.Hour)
		expectEqual(t, "sweeps in a day", store.count("Sweep"), 0)
	})
}
