package coatcheck_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// The timeouts of these tests: 5 minutes at first, then half an hour.
func shortly(now func() time.Time) *coatcheck.Options {
	return &coatcheck.Options{Now: now, FirstTimeout: 5 * time.Minute}
}

// restOf returns how long a session may rest from now on, by its record.
func restOf(t testing.TB, store coatcheck.Store, id coatcheck.ID, now time.Time) time.Duration {
	t.Helper()
	rec, err := store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Expires.Sub(now)
}

// 24: a session whose cookie has not come back ends early, to the millisecond;
// once it has, it is like any other.
func TestRequirement24FirstTimeout(t *testing.T) {
	for after, lives := range map[time.Duration]bool{5*time.Minute - time.Millisecond: true, 5 * time.Minute: false} {
		for name, use := range map[string]func(s *coatcheck.Session){
			"read":  func(s *coatcheck.Session) { motto.Get(s) },
			"write": func(s *coatcheck.Session) { tally.Set(s, 1) },
			"login": func(s *coatcheck.Session) { expectNil(t, s.Login(t.Context(), "ada")) },
		} {
			clock := newClock()
			store := shelf(t, clock.Now)
			v := newVisitor(t, manage(t, store, shortly(clock.Now))).begin()
			born := clock.Now().UTC()
			expectEqual(t, "rest at birth", restOf(t, store, v.id(), clock.Now()), 5*time.Minute)
			clock.Advance(after)
			if !lives {
				v.expectAnonymous()
				continue
			}
			v.visit(use)
			expectEqual(t, "rest after a "+name, restOf(t, store, v.id(), clock.Now()), 30*time.Minute)
			clock.Advance(29 * time.Minute)
			v.visit(func(s *coatcheck.Session) {
				expectEqual(t, "motto", motto.Get(s), "carpe diem")
				if name != "login" {
					expectEqual(t, "last seen", s.Info().LastSeen, born.Add(after))
				}
			})
		}
	}
}

// Until then it was last seen when it was born, and in lists so.
func TestRequirement24FirstTimeoutLastSeen(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), shortly(clock.Now))
	newVisitor(t, m).begin()
	clock.Advance(time.Minute)
	for i, err := range m.All(t.Context()) {
		expectNil(t, err)
		expectEqual(t, "last seen", i.LastSeen, i.Created)
		expectEqual(t, "expires", i.Expires.Sub(i.Created), 5*time.Minute)
	}
}

// Nothing that the first request itself does makes it longer: neither a second
// save, nor a renewal, nor a touch; a stream that touches it keeps it for as
// long again. A login does.
func TestRequirement24FirstTimeoutInTheFirstRequest(t *testing.T) {
	ctx := t.Context()
	for name, test := range map[string]struct {
		act  func(s *coatcheck.Session, clock *coatchecktest.Clock) error
		want time.Duration
	}{
		"saves": {func(s *coatcheck.Session, _ *coatchecktest.Clock) error {
			tally.Set(s, 1)
			return s.Save(ctx)
		}, 5 * time.Minute},
		"a renewal": {func(s *coatcheck.Session, _ *coatchecktest.Clock) error { return s.Renew(ctx) }, 5 * time.Minute},
		"a touch":   {func(s *coatcheck.Session, _ *coatchecktest.Clock) error { return s.Touch(ctx) }, 5 * time.Minute},
		"a stream": {func(s *coatcheck.Session, clock *coatchecktest.Clock) error {
			for range 20 {
				clock.Advance(time.Minute)
				if err := s.Touch(ctx); err != nil {
					return err
				}
			}
			return nil
		}, 5 * time.Minute},
		"an end and a new beginning": {func(s *coatcheck.Session, _ *coatchecktest.Clock) error {
			if err := s.Destroy(ctx); err != nil {
				return err
			}
			motto.Set(s, "carpe diem")
			return s.Save(ctx)
		}, 5 * time.Minute},
		"a login": {func(s *coatcheck.Session, _ *coatchecktest.Clock) error { return s.Login(ctx, "ada") }, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			store := shelf(t, clock.Now)
			v := newVisitor(t, manage(t, store, shortly(clock.Now)))
			v.visit(func(s *coatcheck.Session) {
				motto.Set(s, "carpe diem")
				expectNil(t, s.Save(ctx))
				expectNil(t, test.act(s, clock))
				tally.Set(s, 2)
			})
			expectEqual(t, "rest", restOf(t, store, v.id(), clock.Now()), test.want)
			v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "carpe diem") })
			expectEqual(t, "rest after the second request", restOf(t, store, v.id(), clock.Now()), 30*time.Minute)
		})
	}
}

// The token of a session that began outside HTTP must come back, too.
func TestRequirement24FirstTimeoutOutsideHTTP(t *testing.T) {
	clock := newClock()
	store := shelf(t, clock.Now)
	m := manage(t, store, shortly(clock.Now))
	s, err := m.Open(t.Context(), "")
	expectNil(t, err)
	motto.Set(s, "carpe diem")
	expectNil(t, s.Save(t.Context()))
	expectEqual(t, "rest", restOf(t, store, s.ID(), clock.Now()), 5*time.Minute)
	_, err = m.Open(t.Context(), s.Token())
	expectNil(t, err)
	expectEqual(t, "rest once it came back", restOf(t, store, s.ID(), clock.Now()), 30*time.Minute)
}

// If the touch of the second request fails, the third does it.
func TestRequirement24FirstTimeoutTouchFails(t *testing.T) {
	clock := newClock()
	store := watched(t)
	store.inner = shelf(t, clock.Now)
	v := newVisitor(t, manage(t, store, shortly(clock.Now))).begin()
	clock.Advance(time.Second)
	store.on(only("Touch", func(context.Context, op, func() error) error { return errLost }))
	expectStatus(t, v.visit(func(s *coatcheck.Session) { motto.Get(s) }), http.StatusOK)
	expectEqual(t, "rest", restOf(t, store.inner, v.id(), clock.Now()), 5*time.Minute-time.Second)
	store.on(nil)
	v.visit(func(s *coatcheck.Session) { motto.Get(s) })
	expectEqual(t, "rest", restOf(t, store.inner, v.id(), clock.Now()), 30*time.Minute)
}

// Nor does a touch that looks whether the session was rotated under a stream
// which has given birth to it.
func TestRequirement24FirstTimeoutUnderRotation(t *testing.T) {
	clock := newClock()
	store := shelf(t, clock.Now)
	opts := shortly(clock.Now)
	opts.RotateEvery = time.Minute
	newVisitor(t, manage(t, store, opts)).visit(func(s *coatcheck.Session) {
		motto.Set(s, "carpe diem")
		expectNil(t, s.Save(t.Context()))
		clock.Advance(2 * time.Minute)
		expectNil(t, s.Touch(t.Context()))
		expectEqual(t, "rest", restOf(t, store, s.ID(), clock.Now()), 5*time.Minute)
	})
}
