package sealed_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// timely are timeouts of an hour idle and three at most, in whole hours so
// that the edges are easy to name.
func timely(now func() time.Time) coatcheck.Options {
	return coatcheck.Options{Now: now, IdleTimeout: time.Hour, AbsoluteTimeout: 3 * time.Hour, AnonymousIdleTimeout: time.Hour, AnonymousAbsoluteTimeout: 3 * time.Hour}
}

// Promise 4: no expired session is served: at the deadline to the nanosecond.
func TestPromise4DeadlineToTheNanosecond(t *testing.T) {
	for _, c := range []struct {
		name string
		past time.Duration
		live bool
	}{{"just before", -1, true}, {"at", 0, false}, {"just after", 1, false}} {
		t.Run(c.name+" the idle deadline", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site := assemble(t, setup{options: timely(nil)})
				b := site.browser().login("ada")
				time.Sleep(time.Hour + c.past)
				if c.live {
					b.expectLive("ada")
				} else {
					b.expectDead("an idle session")
					expectEqual(t, "events", site.events.of(coatcheck.EventExpired), 1)
				}
			})
		})
		t.Run(c.name+" the absolute deadline", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site := assemble(t, setup{options: timely(nil)})
				b := site.browser().login("ada")
				for range 5 {
					time.Sleep(30 * time.Minute)
					b.expectLive("ada")
				}
				time.Sleep(30*time.Minute + c.past)
				if c.live {
					b.expectLive("ada")
				} else {
					b.expectDead("an old session")
				}
			})
		})
	}
}

// The same over connections, by the manager's clock: reads put the idle
// deadline off, at most every so often, and a login begins the absolute one anew.
func TestPromise4ReadsPutTheDeadlineOff(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: timely(clock.Now)})
	b := site.browser().begin()
	clock.Advance(time.Minute - time.Millisecond)
	expectNoCookie(t, b.visit(func(s *coatcheck.Session) { motto.Get(s) }))
	clock.Advance(time.Millisecond)
	before := b.twin()
	if res := b.visit(func(s *coatcheck.Session) { motto.Get(s) }); len(res.Header["Set-Cookie"]) != 1 {
		t.Errorf("Set-Cookie: %q, want one", res.Header["Set-Cookie"])
	}
	clock.Advance(time.Hour - time.Minute)
	before.expectDead("the cookie from before the touch")
	b.expectLive("")
	for range 3 {
		clock.Advance(30 * time.Minute)
		b.expectLive("")
	}
	b.login("ada")
	for range 5 {
		clock.Advance(30 * time.Minute)
		b.expectLive("ada")
	}
	clock.Advance(30 * time.Minute)
	b.expectDead("a session three hours after its login")
}

// A response for caches to share puts nothing off: it would have to bring a
// cookie that nobody has asked for, and others would get it.
func TestPromise4SharedResponsesPutNothingOff(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: timely(clock.Now)})
	b := site.browser().begin()
	clock.Advance(time.Minute)
	expectNoCookie(t, b.serve(func(w http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		w.Header().Set("Cache-Control", "public, max-age=60")
	}))
	if res := b.visit(func(s *coatcheck.Session) { motto.Get(s) }); len(res.Header["Set-Cookie"]) != 1 {
		t.Errorf("Set-Cookie of the next: %q, want one", res.Header["Set-Cookie"])
	}
}

// A handler that takes longer than its session lives saves nothing.
func TestPromise4ExpiresUnderTheHandler(t *testing.T) {
	for name, do := range map[string]func(s *coatcheck.Session) error{
		"change": func(s *coatcheck.Session) error { tally.Set(s, 1); return s.Save(context.Background()) },
		"renew":  func(s *coatcheck.Session) error { return s.Renew(context.Background()) },
		"login":  func(s *coatcheck.Session) error { return s.Login(context.Background(), "bob") },
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			site := open(t, setup{options: timely(clock.Now)})
			b := site.browser().login("ada")
			res := b.visit(func(s *coatcheck.Session) {
				clock.Advance(time.Hour)
				expectError(t, do(s), coatcheck.ErrGone)
			})
			expectNoCookie(t, res)
		})
	}
}

// A cookie from a process whose clock is far ahead is not believed.
func TestPromise4CookieFromTheFuture(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: timely(clock.Now)})
	b := site.browser().login("ada")
	clock.Advance(-5 * time.Minute)
	b.expectLive("ada")
	clock.Advance(-time.Millisecond)
	site.events.take()
	b.expectDead("a cookie from the future")
	expectEqual(t, "reason", site.events.take(), "future")
}

// Without a revoker the deadlines hold as well.
func TestPromise4Unrevocable(t *testing.T) {
	clock := newClock()
	site := open(t, setup{seal: sealed.Options{AllowUnrevocable: true}, options: timely(clock.Now)})
	b := site.browser().login("ada")
	clock.Advance(time.Hour - time.Millisecond)
	b.twin().expectLive("ada")
	clock.Advance(time.Millisecond)
	b.expectDead("an idle session")
}

// Promise 9: no cookie and no record before the first change, and none for a
// session that is only read.
func TestPromise9NothingBeforeTheFirstChange(t *testing.T) {
	site := open(t, setup{})
	b := site.browser()
	expectNoCookie(t, b.visit(func(s *coatcheck.Session) { motto.Get(s); motto.Delete(s) }))
	expectNoCookie(t, b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) }))
	b.begin()
	expectNoCookie(t, b.visit(func(s *coatcheck.Session) { motto.Get(s) }))
	expectNoCookie(t, b.visit(func(s *coatcheck.Session) { motto.Set(s, "carpe diem") }))
	stats, err := coatcheck.StatOf(t.Context(), site.revoker)
	expectNil(t, err)
	expectEqual(t, "records of sessions that nobody ended", stats.Records, 0)
}

// Promise 10: a revoker that is down is an error, never an anonymous session.
func TestPromise10RevokerDown(t *testing.T) {
	store := &tap{Store: newRevoker(t, nil)}
	with := setup{}
	with.seal.Revoker = store
	site := open(t, with)
	b := site.browser().login("ada")
	store.err = context.DeadlineExceeded
	res := b.visit(func(s *coatcheck.Session) { t.Error("there is a session") })
	expectStatus(t, res, http.StatusServiceUnavailable)
	expectNoCookie(t, res)
	for name, end := range endings {
		store.err = nil
		b := site.browser().login("ada")
		res := b.visit(func(s *coatcheck.Session) {
			store.err = context.DeadlineExceeded
			expectError(t, end(b, s), context.DeadlineExceeded)
		})
		expectNoCookie(t, res)
		store.err = nil
		b.expectLive("ada")
		if t.Failed() {
			t.Fatalf("while it was to be %s", name)
		}
	}
}
