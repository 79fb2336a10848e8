package coatcheck_test

import (
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A clock that is put back extends no absolute limit: neither by reads, nor by
// saves, nor by renewals.
func TestPromise4ClockPutBackExtendsNothing(t *testing.T) {
	clock := newClock()
	v := newVisitor(t, manage(t, shelf(t, clock.Now), limits(clock.Now))).begin().login("ada")
	for range 12 { // two hours of use, by a session that has one
		clock.Advance(5 * time.Minute)
		if v.info().ID.IsZero() {
			break
		}
		deadline := v.info().Deadline
		clock.Advance(-4 * time.Minute)
		v.expectMotto("ada")
		v.visit(func(s *coatcheck.Session) { tally.Update(s, increment); expectNil(t, s.Renew(t.Context())) })
		expectEqual(t, "deadline", v.info().Deadline, deadline)
		if e := v.info().Expires; e.After(deadline) {
			t.Errorf("expires %v, behind the deadline %v", e, deadline)
		}
		clock.Advance(4 * time.Minute)
	}
	v.expectNowhere()
}

// A session from the future, by more than the clocks of machines may differ,
// is refused and reported, and lives again when the clock is right.
func TestPromise4SessionFromTheFuture(t *testing.T) {
	const skew = 5 * time.Minute
	for _, test := range []struct {
		jump  time.Duration
		lives bool
	}{{-skew, true}, {-skew - time.Millisecond, false}, {-time.Hour, false}, {-365 * 24 * time.Hour, false}} {
		for _, owner := range []string{"", "ada"} {
			t.Run(test.jump.String()+" "+owner, func(t *testing.T) {
				clock, events := newClock(), new(journal)
				m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now, OnEvent: events.add})
				v := newVisitor(t, m).begin()
				if owner != "" {
					v.login(owner)
				}
				clock.Advance(test.jump)
				events.clear()
				if test.lives {
					v.expectMotto(owner)
					return
				}
				v.expectAnonymous()
				if reasons := events.rejected(); !slices.Equal(reasons, []string{"future"}) {
					t.Errorf("rejected because %q", reasons)
				}
				expectEqual(t, "session in the event", events.of(coatcheck.EventRejected)[0].ID, v.id())
				clock.Advance(-test.jump)
				v.expectMotto(owner)
			})
		}
	}
	t.Run("a login of long ago by the birth, but not by the login", func(t *testing.T) {
		clock := newClock()
		v := newVisitor(t, manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})).begin()
		clock.Advance(20 * time.Minute)
		v.login("ada")
		clock.Advance(-10 * time.Minute)
		v.expectAnonymous()
		clock.Advance(10 * time.Minute)
		v.expectMotto("ada")
	})
}

// A clock that runs ahead by a day ends what would have ended by then, and no
// more: sessions that a store has not removed live again with the right time.
func TestPromise4ClockAheadByADay(t *testing.T) {
	clock, events := newClock(), new(journal)
	store := shelf(t, clock.Now)
	m := manage(t, store, &coatcheck.Options{Now: clock.Now, OnEvent: events.add})
	v := newVisitor(t, m).begin().login("ada")
	clock.Advance(24 * time.Hour)
	v.expectNowhere()
	clock.Advance(-24 * time.Hour)
	v.expectMotto("ada")
}
