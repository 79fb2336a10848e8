package coatcheck_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

const day = 24 * time.Hour

// keeps are timeouts for those who want to be remembered.
func keeps(now func() time.Time) *coatcheck.Options {
	return &coatcheck.Options{Now: now, PersistentIdleTimeout: 14 * day, PersistentAbsoluteTimeout: 30 * day}
}

// maxAgeOf returns the Max-Age of the cookie that a response sets.
func maxAgeOf(res *http.Response) time.Duration {
	for _, c := range res.Cookies() {
		return time.Duration(c.MaxAge) * time.Second
	}
	return -1
}

// Who asks to be remembered before the login, or with it, is remembered for as
// long as the options say, and by nothing else.
func TestRequirement08RememberedAtLogin(t *testing.T) {
	for name, begin := range map[string]func(v *visitor) *http.Response{
		"with the login": func(v *visitor) *http.Response {
			return v.visit(func(s *coatcheck.Session) { s.SetPersistent(true); expectNil(t, s.Login(t.Context(), "ada")) })
		},
		"in a request before": func(v *visitor) *http.Response {
			v.begin().visit(func(s *coatcheck.Session) { s.SetPersistent(true) })
			return v.visit(func(s *coatcheck.Session) { expectNil(t, s.Login(t.Context(), "ada")) })
		},
		"of another owner's session": func(v *visitor) *http.Response {
			return v.login("bob").visit(func(s *coatcheck.Session) { s.SetPersistent(true); expectNil(t, s.Login(t.Context(), "ada")) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			m := manage(t, shelf(t, clock.Now), keeps(clock.Now))
			v := newVisitor(t, m)
			res := begin(v)
			expectEqual(t, "Max-Age", maxAgeOf(res), 30*day)
			login := clock.Now()
			for range 2 {
				i := v.info()
				expectEqual(t, "deadline", i.Deadline.Sub(login), 30*day)
				expectEqual(t, "persistent", i.Persistent, true)
				expectEqual(t, "last seen", i.LastSeen, clock.Now().UTC())
				clock.Advance(13 * day)
				v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
				v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
			}
			v.expectTally(2)
			clock.Advance(4*day - 1)
			v.expectTally(2)
			clock.Advance(1)
			v.expectAnonymous()
		})
	}
}

// It ends when it was not used for that long, to the nanosecond.
func TestRequirement08RememberedIdle(t *testing.T) {
	for rest, lives := range map[time.Duration]bool{14*day - 1: true, 14 * day: false} {
		clock := newClock()
		v := newVisitor(t, manage(t, shelf(t, clock.Now), keeps(clock.Now)))
		v.visit(func(s *coatcheck.Session) { s.SetPersistent(true); expectNil(t, s.Login(t.Context(), "ada")) })
		clock.Advance(rest)
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "lives", s.Owner() == "ada", lives) })
	}
}

// What is said after the login changes the cookie, and how long it lasts in the
// browser, but neither deadline: only a login does.
func TestRequirement08PersistentAfterLogin(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), keeps(clock.Now))
	v := newVisitor(t, m).login("ada")
	res := v.visit(func(s *coatcheck.Session) { s.SetPersistent(true) })
	expectEqual(t, "Max-Age", maxAgeOf(res), 12*time.Hour)
	expectEqual(t, "deadline", v.info().Deadline.Sub(clock.Now()), 12*time.Hour)
	expectEqual(t, "idle", v.info().Expires.Sub(clock.Now()), 30*time.Minute)
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	expectEqual(t, "deadline after a renewal", v.info().Deadline.Sub(clock.Now()), 12*time.Hour)
	v.login("ada")
	expectEqual(t, "deadline after another login", v.info().Deadline.Sub(clock.Now()), 30*day)
	res = v.visit(func(s *coatcheck.Session) { s.SetPersistent(false) })
	expectEqual(t, "Max-Age", maxAgeOf(res), 0)
	expectEqual(t, "deadline of a forgotten cookie", v.info().Deadline.Sub(clock.Now()), 30*day)
	expectEqual(t, "idle of a forgotten cookie", v.info().Expires.Sub(clock.Now()), 14*day)
	v.login("ada")
	expectEqual(t, "deadline after a third login", v.info().Deadline.Sub(clock.Now()), 12*time.Hour)
}

// Anonymous sessions go by their own pair, persistent or not, and others by
// theirs.
func TestRequirement08NotRemembered(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), keeps(clock.Now))
	v := newVisitor(t, m).begin()
	v.visit(func(s *coatcheck.Session) { s.SetPersistent(true) })
	expectEqual(t, "deadline", v.info().Deadline.Sub(clock.Now()), 2*time.Hour)
	v = newVisitor(t, m).login("ada")
	expectEqual(t, "deadline", v.info().Deadline.Sub(clock.Now()), 12*time.Hour)
	expectEqual(t, "idle", v.info().Expires.Sub(clock.Now()), 30*time.Minute)
	clock.Advance(30 * time.Minute)
	v.expectAnonymous()
}

// A save that comes between the steps of the login is merged, and the login is
// remembered all the same, and from where it was.
func TestRequirement08RememberedWithASaveBetween(t *testing.T) {
	clock := newClock()
	store := watched(t)
	store.inner = shelf(t, clock.Now)
	opts := keeps(clock.Now)
	where := "there"
	opts.AddressLabel = func(*http.Request) string { return where }
	v := newVisitor(t, manage(t, store, opts)).begin()
	where = "here"
	other := v.at(manage(t, store.inner, keeps(clock.Now)))
	store.on(meddling("Replace", 1, func() { other.visit(func(s *coatcheck.Session) { tally.Set(s, 7) }) }))
	v.visit(func(s *coatcheck.Session) { s.SetPersistent(true); expectNil(t, s.Login(t.Context(), "ada")) })
	store.on(nil)
	v.expectMotto("ada")
	v.expectTally(7)
	i := v.info()
	expectEqual(t, "idle", i.Expires.Sub(clock.Now()), 14*day)
	expectEqual(t, "last seen", i.LastSeen, clock.Now().UTC())
	expectEqual(t, "deadline", i.Deadline.Sub(clock.Now()), 30*day)
	expectEqual(t, "address", i.Address, "here")
}
