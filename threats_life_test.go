package coatcheck_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// Both limits stand in the record and hold at each load, even on a store whose
// clock stands still; use moves the idle one, and only a login the absolute
// one.
func TestRequirement08Timeouts(t *testing.T) {
	clock := newClock()
	start := clock.Now()
	at := func(d time.Duration) { clock.Advance(start.Add(d).Sub(clock.Now())) }
	m := manage(t, shelf(t, func() time.Time { return start }), limits(clock.Now))
	visitor := func() *visitor { return newVisitor(t, m).begin().login("ada") }
	idle, seen, used, again := visitor(), visitor(), visitor(), visitor()
	for d := 5 * time.Minute; d < time.Hour; d += 5 * time.Minute {
		if d == 10*time.Minute {
			at(d - time.Millisecond)
			seen.expectMotto("ada")
		}
		at(d)
		if d == 10*time.Minute {
			idle.expectAnonymous()
			seen.expectMotto("ada")
		}
		used.visit(func(s *coatcheck.Session) { tally.Update(s, increment); expectNil(t, s.Renew(t.Context())) })
		again.login("ada")
	}
	at(time.Hour - time.Millisecond)
	used.expectMotto("ada")
	at(time.Hour)
	used.expectAnonymous()
	expectError(t, m.Update(t.Context(), used.id(), func(*coatcheck.Session) error { return nil }), coatcheck.ErrNotFound)
	again.expectMotto("ada")
}

// A clock that was put back by an hour extends no absolute limit, and a session
// from the future is not believed.
func TestCase47ClockPutBack(t *testing.T) {
	clock, events := newClock(), new(journal)
	opts := limits(clock.Now)
	opts.OnEvent = events.add
	v := newVisitor(t, manage(t, shelf(t, clock.Now), opts)).begin().login("ada")
	deadline := v.info().Deadline
	clock.Advance(-time.Minute)
	v.visit(func(s *coatcheck.Session) { tally.Set(s, 1); expectNil(t, s.Renew(t.Context())) })
	expectEqual(t, "deadline", v.info().Deadline, deadline)
	clock.Advance(-59 * time.Minute)
	events.clear()
	v.expectAnonymous()
	if reasons := events.rejected(); !slices.Equal(reasons, []string{"future"}) {
		t.Errorf("rejected because %q", reasons)
	}
	clock.Advance(time.Hour)
	v.expectMotto("ada")
}

// A clock that ran ahead by a day ends sessions at once, but the automatic
// sweep leaves them where they are.
func TestCase48ClockAhead(t *testing.T) {
	clock := newClock()
	store := shelf(t, clock.Now)
	m := manage(t, store, &coatcheck.Options{Now: clock.Now})
	v := newVisitor(t, m).begin().login("ada")
	clock.Advance(24 * time.Hour)
	v.expectAnonymous()
	clock.Advance(-24 * time.Hour)
	v.expectMotto("ada")
	t.Run("the automatic sweep", TestSweepIsDeferredAfterAJumpOfTheClock)
}

// What a handler that panics, or whose client went away, has changed but not
// saved is dropped; what it ended is ended.
func TestCase62PanicsAndClientsThatGoAway(t *testing.T) {
	site := tcpServe(t, func(_ http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		switch r.URL.Path {
		case "/logout":
			expectNil(t, s.Destroy(r.Context()))
			panic(http.ErrAbortHandler)
		case "/panic":
			tcpNote.Set(s, "lost")
			panic(http.ErrAbortHandler)
		}
	})
	site.begin("early")
	if res, err := site.browser.Get(site.url("/panic").String()); err == nil {
		_ = res.Body.Close()
		t.Error("the panic was answered")
	}
	site.wait()
	site.wants("early")
	token := site.token()
	if res, err := site.browser.Get(site.url("/logout").String()); err == nil {
		_ = res.Body.Close()
		t.Error("the panic was answered")
	}
	site.wait()
	_, err := site.store.Load(t.Context(), site.ID(token))
	expectError(t, err, coatcheck.ErrNotFound)
	t.Run("the client is gone", TestClientGoneInMidHandler)
}

// Each thing that happens in a session's life is one event, with the IDs that
// it is about.
func TestRequirement31Events(t *testing.T) {
	clock, events := newClock(), new(journal)
	store := coatchecktest.NewStore(shelf(t, clock.Now))
	m := manage(t, store, &coatcheck.Options{Now: clock.Now, OnEvent: events.add, Cookie: coatcheck.CookieOptions{Name: "sid"}})
	v := newVisitor(t, m)
	counts := func(what string, want map[coatcheck.EventKind]int) {
		t.Helper()
		got := map[coatcheck.EventKind]int{}
		for _, e := range events.of(0) {
			got[e.Kind]++
		}
		expectEqual(t, what, fmt.Sprint(got), fmt.Sprint(want))
		events.clear()
	}
	v.begin()
	counts("birth", map[coatcheck.EventKind]int{coatcheck.EventCreated: 1})
	old := v.twin()
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	counts("renewal", map[coatcheck.EventKind]int{coatcheck.EventRenewed: 1})
	old.expectAnonymous()
	counts("stale token", map[coatcheck.EventKind]int{coatcheck.EventRejected: 1})
	v.login("ada")
	counts("login", map[coatcheck.EventKind]int{coatcheck.EventLogin: 1})
	(&visitor{t, m, "sid=x"}).expectAnonymous()
	counts("malformed token", map[coatcheck.EventKind]int{coatcheck.EventRejected: 1})
	(&visitor{t, m, v.cookie + "; sid=x"}).expectMotto("ada")
	counts("duplicate", map[coatcheck.EventKind]int{coatcheck.EventDuplicate: 1})
	other := newVisitor(t, m).begin()
	events.clear()
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
	counts("logout", map[coatcheck.EventKind]int{coatcheck.EventDestroyed: 1})
	rec, err := store.Load(t.Context(), other.id())
	expectNil(t, err)
	clock.Advance(rec.Expires.Sub(clock.Now()))
	other.expectAnonymous()
	counts("unknown to the store", map[coatcheck.EventKind]int{coatcheck.EventRejected: 1})
	late := watched(t)
	late.give(func(coatcheck.ID, *coatcheck.Record) *coatcheck.Record { return rec })
	other.at(manage(t, late, &coatcheck.Options{Now: clock.Now, OnEvent: events.add, Cookie: coatcheck.CookieOptions{Name: "sid"}})).expectAnonymous()
	counts("expired", map[coatcheck.EventKind]int{coatcheck.EventExpired: 1, coatcheck.EventRejected: 1})
}

// Every login notes its time, so that a handler can ask for a fresh one;
// nothing else moves it.
func TestRequirement09TimeOfTheLogin(t *testing.T) {
	clock := newClock()
	v := newVisitor(t, manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})).begin()
	expectEqual(t, "of who never logged in", v.info().AuthTime.IsZero(), true)
	for range 2 {
		v.login("ada")
		at := clock.Now()
		clock.Advance(5 * time.Minute)
		v.visit(func(s *coatcheck.Session) { tally.Update(s, increment); expectNil(t, s.Renew(t.Context())) })
		expectEqual(t, "AuthTime", v.info().AuthTime.Equal(at), true)
	}
}
