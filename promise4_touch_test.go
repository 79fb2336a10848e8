package coatcheck_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Use moves the idle deadline, and nothing else, and not at every request.
func TestPromise4TouchIsThrottledAndChangesNoData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		m := manage(t, store, nil)
		v := newVisitor(t, m).begin()
		before, err := store.inner.Load(t.Context(), v.id())
		expectNil(t, err)
		store.on(nil)
		start := time.Now()
		for range 600 {
			time.Sleep(time.Second)
			v.expectMotto("")
		}
		if n := store.count("Touch"); n < 9 || n > 11 {
			t.Errorf("600 reads in 10 minutes made %d touches, want about 10", n)
		}
		expectEqual(t, "touches counted", m.Stats().Touches, uint64(store.count("Touch")))
		expectEqual(t, "writes", store.count("Create")+store.count("Replace")+store.count("Delete"), 0)
		after, err := store.inner.Load(t.Context(), v.id())
		expectNil(t, err)
		if after.Version != before.Version || !bytes.Equal(after.Data, before.Data) || !bytes.Equal(after.Meta, before.Meta) ||
			!after.Deadline.Equal(before.Deadline) || !after.Created.Equal(before.Created) {
			t.Errorf("a touch changed more than Expires: %+v, before %+v", after, before)
		}
		if d := after.Expires.Sub(start); d < 39*time.Minute || d > 40*time.Minute {
			t.Errorf("expires %v after the start, want 39 to 40 minutes", d)
		}
	})
}

// The rest between two touches is a twentieth of the idle timeout, but at
// least a second and at most a minute.
func TestPromise4TouchInterval(t *testing.T) {
	for _, test := range []struct{ idle, every time.Duration }{
		{4 * time.Second, time.Second},
		{10 * time.Second, time.Second},
		{10 * time.Minute, 30 * time.Second},
		{time.Hour, time.Minute},
		{time.Second, time.Second / 2},
	} {
		t.Run(test.idle.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, &coatcheck.Options{AnonymousIdleTimeout: test.idle, IdleTimeout: test.idle})).begin()
				store.on(nil)
				for round := range 3 {
					time.Sleep(test.every - time.Millisecond)
					v.expectMotto("")
					expectEqual(t, "touches a moment before", store.count("Touch"), round)
					time.Sleep(time.Millisecond)
					v.expectMotto("")
					expectEqual(t, "touches when it is time", store.count("Touch"), round+1)
				}
			})
		})
	}
}

// Of many requests that find a session due at the same time, in one process,
// one touches it.
func TestPromise4OneOfManyTouches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).begin()
		time.Sleep(2 * time.Minute)
		slow := make(chan struct{})
		store.on(only("Touch", func(_ context.Context, _ op, do func() error) error { <-slow; return do() }))
		go func() {
			synctest.Wait()
			close(slow)
		}()
		together(32, func(int) { v.expectMotto("") })
		expectEqual(t, "touches", store.count("Touch"), 1)
		expectEqual(t, "loads", store.count("Load"), 32)
	})
}

// A touch that fails is reported, tried again by the next request, and no
// reason to fail this one. One that finds the session ended does no harm.
func TestPromise4AFailedTouchIsAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, events := watched(t), new(journal)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).begin()
		time.Sleep(2 * time.Minute)
		store.on(only("Touch", notDone))
		for n := range 3 {
			res := v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "carpe diem") })
			expectStatus(t, res, http.StatusOK)
			expectEqual(t, "touches", store.count("Touch"), n+1)
			expectEqual(t, "events", len(events.of(coatcheck.EventStoreError)), n+1)
		}
		expectError(t, events.of(coatcheck.EventStoreError)[0].Err, errLost)
		expectEqual(t, "session in the event", events.of(coatcheck.EventStoreError)[0].ID, v.id())
		store.on(only("Touch", func(ctx context.Context, o op, do func() error) error {
			expectNil(t, store.inner.Delete(ctx, o.id))
			return do()
		}))
		res := v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "carpe diem") })
		expectStatus(t, res, http.StatusOK)
		expectNoCookie(t, res)
		expectEqual(t, "events of the end", len(events.of(coatcheck.EventGone)), 1)
	})
}

// Session.Touch says what happened, and keeps the rest as well.
func TestPromise4ExplicitTouch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		m := manage(t, store, nil)
		v := newVisitor(t, m).begin()
		v.visit(func(s *coatcheck.Session) {
			store.on(nil)
			for range 60 { // a stream of an hour, which outlives its idle timeout
				time.Sleep(59 * time.Second)
				expectNil(t, s.Touch(t.Context()))
			}
			if n := store.count("Touch"); n > 59 {
				t.Errorf("%d touches", n)
			}
			v.expectMotto("")
			store.on(only("Touch", notDone))
			time.Sleep(time.Minute)
			expectError(t, s.Touch(t.Context()), errLost)
			store.on(nil)
			expectNil(t, m.Destroy(t.Context(), s.ID()))
			expectError(t, s.Touch(t.Context()), coatcheck.ErrGone)
		})
		newVisitor(t, m).visit(func(s *coatcheck.Session) { expectNil(t, s.Touch(t.Context())) })
	})
}

// Touches and saves never move the idle deadline beyond the absolute one, and
// never back.
func TestPromise4TouchNeitherBeyondTheDeadlineNorBack(t *testing.T) {
	clock := newClock()
	store := watched(t)
	store.inner = shelf(t, clock.Now)
	v := newVisitor(t, manage(t, store, limits(clock.Now))).begin()
	stored := func() time.Time {
		rec, err := store.inner.Load(t.Context(), v.id())
		expectNil(t, err)
		return rec.Expires
	}
	begin, last := clock.Now(), stored()
	for range 18 {
		clock.Advance(time.Minute)
		v.expectMotto("")
		if now := stored(); now.Before(last) || now.After(begin.Add(20*time.Minute)) {
			t.Fatalf("moved from %v to %v", last, now)
		}
		last = stored()
	}
	expectEqual(t, "at the limit", last, begin.Add(20*time.Minute).UTC().Truncate(time.Millisecond))
	store.on(nil)
	clock.Advance(time.Minute)
	v.expectMotto("")
	expectEqual(t, "touches at the limit", store.count("Touch"), 0)
	clock.Advance(-10 * time.Minute)
	v.visit(func(s *coatcheck.Session) {
		tally.Set(s, 1)
		expectNil(t, s.Save(t.Context()))
		expectNil(t, s.Touch(t.Context()))
	})
	expectEqual(t, "after a save by a slow clock", stored(), last)
}

// Two processes, of which one touched lately, agree by the record.
func TestPromise4TouchesOfTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).begin()
		elsewhere := v.at(manage(t, store, nil))
		store.on(nil)
		for range 100 {
			time.Sleep(6 * time.Second)
			v.expectMotto("")
			elsewhere.expectMotto("")
		}
		if n := store.count("Touch"); n < 9 || n > 11 {
			t.Errorf("%d touches in 10 minutes, want about 10", n)
		}
	})
}

// A stream that touches its session learns that this has ended, although what
// the end has left in its place lives for a minute and could be touched.
func TestTouchOfASessionThatEndedAMomentAgo(t *testing.T) {
	for name, end := range map[string]func(v *visitor){
		"renewed":   func(v *visitor) { v.visit(func(s *coatcheck.Session) { expectNil(v.t, s.Renew(v.t.Context())) }) },
		"logged in": func(v *visitor) { v.login("ada") },
		"destroyed": func(v *visitor) { expectNil(v.t, v.m.Destroy(v.t.Context(), v.id())) },
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			store := &spy{inner: shelf(t, clock.Now)}
			store.on(only("Delete", notDone)) // a tomb stays
			v := newVisitor(t, manage(t, store, &coatcheck.Options{Now: clock.Now})).begin()
			other := v.twin()
			v.visit(func(s *coatcheck.Session) {
				clock.Advance(2 * time.Minute)
				expectNil(t, s.Touch(t.Context()))
				clock.Advance(2 * time.Minute)
				end(other)
				expectError(t, s.Touch(t.Context()), coatcheck.ErrGone)
			})
		})
	}
}
