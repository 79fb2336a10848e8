package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// sessionsOf returns the live sessions of an owner.
func sessionsOf(t testing.TB, m *coatcheck.Manager, owner string) (ids []coatcheck.ID) {
	t.Helper()
	for i, err := range m.Sessions(t.Context(), owner) {
		expectNil(t, err)
		ids = append(ids, i.ID)
	}
	return ids
}

// A login beyond the cap ends the owner's oldest session, with an event that
// says why. Others' sessions, and anonymous ones, are not counted.
func TestRequirement24CapOfAnOwner(t *testing.T) {
	clock, events := newClock(), new(journal)
	store := watched(t)
	store.inner, store.page = shelf(t, clock.Now), 2
	m := manage(t, store, &coatcheck.Options{Now: clock.Now, MaxSessionsPerOwner: 3, OnEvent: events.add})
	bob, guest := newVisitor(t, m).begin().login("bob"), newVisitor(t, m).begin()
	var all []*visitor
	for n := range 8 {
		clock.Advance(time.Second)
		all = append(all, newVisitor(t, m).begin())
		store.on(nil)
		all[n].login("ada")
		expectEqual(t, "scans of all records", store.count("List"), 0)
		for i, v := range all {
			if lives := i > n-3; lives {
				v.expectMotto("ada")
			} else {
				v.expectAnonymous()
			}
		}
	}
	ends := events.of(coatcheck.EventDestroyed)
	expectEqual(t, "ends", len(ends), 5)
	for _, e := range ends {
		if e.Reason != "cap" || e.Owner != "ada" || e.ID.IsZero() {
			t.Errorf("event %+v", e)
		}
	}
	// Use does not make a session younger; a renewal leaves its age; a login
	// makes it the youngest.
	all[5].visit(func(s *coatcheck.Session) { tally.Set(s, 1); expectNil(t, s.Renew(t.Context())) })
	clock.Advance(time.Second)
	all[6].login("ada")
	clock.Advance(time.Second)
	newVisitor(t, m).login("ada")
	all[5].expectAnonymous()
	clock.Advance(time.Second)
	newVisitor(t, m).login("ada")
	all[7].expectAnonymous()
	all[6].expectMotto("ada")
	bob.expectMotto("bob")
	guest.expectMotto("")
	expectEqual(t, "failures", len(events.of(coatcheck.EventCapFailure)), 0)
}

// At the cap a login to a session of the same owner ends none but that.
func TestRequirement24CapCountsNotTheOneItReplaces(t *testing.T) {
	store := watched(t)
	m := manage(t, store, &coatcheck.Options{MaxSessionsPerOwner: 2})
	first, second := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("ada")
	for range 3 {
		store.on(nil)
		second.login("ada")
		expectEqual(t, "looks at the index", store.count("Owned"), 1)
		first.expectMotto("ada")
		second.expectMotto("ada")
	}
}

// A lowered cap takes effect at the next login, whatever the number.
func TestRequirement24LoweredCap(t *testing.T) {
	store := shelf(t, nil)
	m := manage(t, store, nil)
	for range 300 {
		newVisitor(t, m).login("ada")
	}
	m = manage(t, store, &coatcheck.Options{MaxSessionsPerOwner: 1})
	v := newVisitor(t, m).begin().login("ada")
	expectEqual(t, "sessions", len(sessionsOf(t, m, "ada")), 1)
	v.expectMotto("ada")
}

// Without an index of owners the list of all will do; without either, and with
// sealed sessions, New says that it cannot be.
func TestRequirement24CapNeedsAList(t *testing.T) {
	store := watched(t)
	opts := &coatcheck.Options{MaxSessionsPerOwner: 1}
	m := manage(t, struct {
		coatcheck.Store
		coatcheck.Lister
	}{store, store}, opts)
	first, second := newVisitor(t, m).login("ada"), newVisitor(t, m).begin().login("ada")
	first.expectAnonymous()
	second.expectMotto("ada")
	_, err := coatcheck.New(struct{ coatcheck.Store }{store}, opts)
	expectError(t, err, coatcheck.ErrUnsupported)
}

// What fails about the ending of others is an event, and the login stands; the
// next one makes up for it.
func TestRequirement24CapFailureIsAnEvent(t *testing.T) {
	for name, fails := range map[string]func(first coatcheck.ID) hook{
		"the index": func(coatcheck.ID) hook { return only("Owned", notDone) },
		"a load": func(first coatcheck.ID) hook {
			return only("Load", func(ctx context.Context, o op, do func() error) error {
				if o.id == first {
					return errLost
				}
				return do()
			})
		},
		"the end": func(first coatcheck.ID) hook {
			return only("Replace", func(ctx context.Context, o op, do func() error) error {
				if o.id == first {
					return errLost
				}
				return do()
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, events := watched(t), new(journal)
			m := manage(t, store, &coatcheck.Options{MaxSessionsPerOwner: 1, OnEvent: events.add})
			first := newVisitor(t, m).begin().login("ada")
			second := newVisitor(t, m).begin()
			store.on(fails(first.id()))
			second.login("ada")
			store.on(nil)
			failed := events.of(coatcheck.EventCapFailure)
			if len(failed) != 1 || failed[0].Owner != "ada" || failed[0].Err == nil {
				t.Errorf("events %+v", failed)
			}
			first.expectMotto("ada")
			second.expectMotto("ada")
			third := newVisitor(t, m).begin().login("ada")
			first.expectAnonymous()
			second.expectAnonymous()
			third.expectMotto("ada")
		})
	}
}

// Every order of the calls of two logins, by clocks that differ: both succeed,
// exactly the cap is left, and a login ends no session unless enough younger
// ones are there.
func TestRequirement24CapInEveryOrder(t *testing.T) {
	ctx := t.Context()
	for _, limit := range []int{1, 2, 3} {
		for _, skew := range []time.Duration{time.Millisecond, -time.Minute} { // chance decides between equals
			t.Run(fmt.Sprintf("at most %d, clocks %v apart", limit, skew), func(t *testing.T) {
				explore(t, map[int]int{1: 2, 2: 1, 3: 1}[limit], 2, func(t *testing.T, hooks []hook) ([]func(), func()) {
					clock := newClock()
					r := &race{t: t, store: shelf(t, clock.Now), opts: &coatcheck.Options{Now: clock.Now, MaxSessionsPerOwner: limit, StoreTimeout: time.Minute}}
					m := manage(t, r.store, r.opts)
					old := newVisitor(t, m).begin().login("ada")
					clock.Advance(2 * time.Minute)
					var fates [2]fate
					var do []func()
					for i := range fates {
						r.v = newVisitor(t, m).begin()
						s := r.skewed(hooks[i], time.Duration(i)*skew)
						do = append(do, func() { fates[i].after(s, s.Login(ctx, "ada")) })
					}
					return do, func() {
						lives := 0
						for _, f := range fates {
							expectNil(t, f.err)
							if r.opens(f.token) {
								lives++
							}
						}
						expectEqual(t, "new ones that live", lives, min(limit, 2))
						expectEqual(t, "the old one lives", r.opens(old.token()), limit == 3)
						expectEqual(t, "sessions", len(sessionsOf(t, m, "ada")), limit)
					}
				})
			})
		}
	}
}

// skewed returns the session as a process has it whose clock is ahead by skew.
func (r *race) skewed(h hook, skew time.Duration) (s *coatcheck.Session) {
	opts := *r.opts
	opts.Now = func() time.Time { return r.opts.Now().Add(skew) }
	r2 := *r
	r2.opts = &opts
	r2.holding(h, func(held *coatcheck.Session) { s = held })()
	return s
}

// One login after the other, on machines whose clocks differ, leaves the cap and
// never ends itself.
func TestRequirement24CapNeverEndsTheNewOne(t *testing.T) {
	clock := newClock()
	store := shelf(t, clock.Now)
	for _, limit := range []int{1, 2} {
		for _, skew := range []time.Duration{time.Minute, -time.Minute, 4*time.Minute + 59*time.Second} {
			ahead := manage(t, store, &coatcheck.Options{MaxSessionsPerOwner: limit, Now: func() time.Time { return clock.Now().Add(skew) }})
			right := manage(t, store, &coatcheck.Options{MaxSessionsPerOwner: limit, Now: clock.Now})
			for n := range 8 {
				v := newVisitor(t, []*coatcheck.Manager{ahead, right}[n/2%2]).begin().login("ada")
				v.at(right).expectMotto("ada")
				expectEqual(t, "sessions", len(sessionsOf(t, right, "ada")), min(n+1, limit))
			}
			_, err := right.DestroyOwner(t.Context(), "ada")
			expectNil(t, err)
			clock.Advance(10 * time.Minute)
		}
	}
}

// A login that finds out at its end that enough younger ones have come does not
// end itself: it leaves that to them.
func TestRequirement24CapNeverEndsItself(t *testing.T) {
	store, elsewhere := watched(t), watched(t)
	elsewhere.inner = store.inner
	clock := newClock()
	opts := &coatcheck.Options{MaxSessionsPerOwner: 1, Now: clock.Now}
	m, other := manage(t, store, opts), manage(t, elsewhere, opts)
	newVisitor(t, m).login("ada")
	clock.Advance(time.Second)
	v := newVisitor(t, m).begin()
	elsewhere.on(only("Replace", notDone)) // it cannot end any
	looks := 0
	store.on(only("Owned", func(_ context.Context, _ op, do func() error) error {
		if looks++; looks == 2 {
			clock.Advance(time.Second)
			newVisitor(t, other).login("ada")
		}
		return do()
	}))
	v.login("ada")
	store.on(nil)
	expectEqual(t, "looks", looks, 2)
	v.expectMotto("ada")
	expectEqual(t, "sessions", len(sessionsOf(t, m, "ada")), 2)
}

// Many logins at once, in two processes and on a store whose index answers in
// small pages, leave exactly the cap.
func TestRequirement24CapUnderLoad(t *testing.T) {
	const limit = 3
	for round := range 20 {
		store := watched(t)
		store.page, store.newestFirst = 1+round%3, round%2 == 0
		opts := &coatcheck.Options{MaxSessionsPerOwner: limit, StoreTimeout: time.Minute}
		if round%4 < 2 { // all at the same moment
			clock := newClock()
			store.inner, opts.Now = shelf(t, clock.Now), clock.Now
		}
		processes := [2]*coatcheck.Manager{manage(t, store, opts), manage(t, store, opts)}
		all := make([]*visitor, 12)
		together(len(all), func(i int) {
			all[i] = newVisitor(t, processes[i%2]).begin().login("ada")
			if i%3 == 0 {
				all[i].visit(func(s *coatcheck.Session) {
					if err := s.Renew(t.Context()); err != nil && !errors.Is(err, coatcheck.ErrGone) {
						t.Error(err)
					}
				})
			}
		})
		// A renewal that overlapped a login may have been counted twice, as
		// what it was and what it became.
		if n := len(sessionsOf(t, processes[0], "ada")); n > limit || n == 0 {
			t.Errorf("%d sessions, want %d", n, limit)
		}
	}
}

// A session that is renewed while a login ends it does not escape, at whichever
// of the login's calls the renewal comes between.
func TestRequirement24CapAgainstRenewals(t *testing.T) {
	ctx := t.Context()
	told := 0
	for n := 0; ; n++ {
		clock := newClock()
		store := watched(t)
		store.inner = shelf(t, clock.Now)
		opts := &coatcheck.Options{Now: clock.Now, MaxSessionsPerOwner: 1}
		m, other := manage(t, store, opts), manage(t, store.inner, opts)
		first := newVisitor(t, m).begin().login("ada")
		clock.Advance(time.Second)
		second := newVisitor(t, m).begin()
		ran := false
		renewed, err := other.Open(ctx, first.token())
		expectNil(t, err)
		calls := 0
		store.on(func(_ context.Context, _ op, do func() error) error {
			if calls++; calls == n+1 {
				ran = true
				if err := renewed.Renew(ctx); errors.Is(err, coatcheck.ErrGone) {
					told++
				} else {
					expectNil(t, err)
				}
			}
			return do()
		})
		second.login("ada")
		store.on(nil)
		if !ran {
			break
		}
		second.expectMotto("ada")
		first.expectAnonymous()
		first.cookie = "__Host-id=" + string(renewed.Token())
		first.expectAnonymous()
		expectEqual(t, "sessions", len(sessionsOf(t, other, "ada")), 1)
	}
	if told == 0 {
		t.Error("no renewal came too late: the login made too few calls")
	}
}
