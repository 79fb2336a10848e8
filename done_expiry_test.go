package coatcheck_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Without use a session expires under its listener, who is told when it is
// due, and not before.
func TestDoneClosesAtExpiry(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		v := newVisitor(t, manage(t, store, nil)).begin()
		v.visit(func(s *coatcheck.Session) {
			ends := s.Info().Expires
			expectOpen(t, s)
			time.Sleep(time.Until(ends) - time.Millisecond)
			expectOpen(t, s)
			expectDone(t, s, 2*time.Millisecond, coatcheck.ErrExpired)
		})
		v.expectAnonymous()
	})
}

// Other requests keep the session alive, and its listener; in the end the
// absolute timeout comes.
func TestDoneStaysOpenWhileTheSessionIsUsed(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		opts := &coatcheck.Options{AbsoluteTimeout: 2 * time.Hour}
		v := newVisitor(t, manage(t, store, opts)).login("ada")
		elsewhere := v.at(manage(t, store, opts))
		v.visit(func(s *coatcheck.Session) {
			start := time.Now()
			for time.Since(start) < 2*time.Hour-20*time.Minute {
				expectOpen(t, s)
				time.Sleep(20 * time.Minute)
				elsewhere.twin().visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "ada") })
			}
			expectDone(t, s, 20*time.Minute+time.Second, coatcheck.ErrExpired)
		})
	})
}

// A stream that calls Touch keeps its session alive.
func TestDoneStaysOpenWhileItsStreamTouches(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		v := newVisitor(t, manage(t, store, nil)).login("ada")
		v.visit(func(s *coatcheck.Session) {
			for range 9 {
				time.Sleep(20 * time.Minute)
				expectOpen(t, s)
				expectNil(t, s.Touch(t.Context()))
			}
			expectDone(t, s, 31*time.Minute, coatcheck.ErrExpired)
		})
	})
}

// A clock that the program moves is believed within a PollInterval of the
// machine's time, whatever the store can.
func TestDoneGoesByTheProgramsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newClock()
		v := newVisitor(t, manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})).begin()
		v.visit(func(s *coatcheck.Session) {
			time.Sleep(2 * time.Hour)
			expectOpen(t, s)
			clock.Advance(30*time.Minute - time.Millisecond)
			time.Sleep(time.Minute)
			expectOpen(t, s)
			clock.Advance(time.Millisecond)
			expectDone(t, s, poll, coatcheck.ErrExpired)
		})
	})
}

// A clock that is put back ends nothing for good.
func TestDoneOutlastsAClockThatIsPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newClock()
		v := newVisitor(t, manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})).begin()
		v.visit(func(s *coatcheck.Session) {
			clock.Advance(-time.Hour) // the session seems to be from the future
			v.expectAnonymous()
			time.Sleep(time.Minute)
			expectOpen(t, s)
			clock.Advance(time.Hour)
			time.Sleep(time.Minute)
			expectOpen(t, s)
			v.expectMotto("")
		})
	})
}

// A session without timeouts has no expiry to wait for.
func TestDoneWithoutTimeouts(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, bound time.Duration) {
		opts := &coatcheck.Options{IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: coatcheck.NoTimeout}
		v := newVisitor(t, manage(t, store, opts)).login("ada")
		v.visit(func(s *coatcheck.Session) {
			time.Sleep(2 * time.Hour)
			expectOpen(t, s)
			expectNil(t, manage(t, store, nil).Destroy(t.Context(), s.ID()))
			expectDone(t, s, bound, coatcheck.ErrDestroyed)
		})
	})
}
