package sealed_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// endings are the ways in which a session ends before its time.
var endings = map[string]func(b *browser, s *coatcheck.Session) error{
	"destroyed": func(_ *browser, s *coatcheck.Session) error { return s.Destroy(context.Background()) },
	"renewed":   func(_ *browser, s *coatcheck.Session) error { return s.Renew(context.Background()) },
	"logged in": func(_ *browser, s *coatcheck.Session) error { return s.Login(context.Background(), "bob") },
	"destroyed by ID": func(b *browser, s *coatcheck.Session) error {
		return b.site.m.Destroy(context.Background(), s.ID())
	},
	"destroyed by owner": func(b *browser, s *coatcheck.Session) error {
		_, err := b.site.m.DestroyOwner(context.Background(), "ada")
		return err
	},
}

// Promise 2: a destroyed or renewed session never comes back. Here: whoever
// kept its cookie sends it again, at this process or at another one.
func TestPromise2ReplayedCookieIsRefused(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			site := open(t, setup{})
			other := open(t, setup{seal: revoked(site)})
			b := site.browser().login("ada")
			thief := b.twin()
			thief.expectLive("ada")
			b.visit(func(s *coatcheck.Session) { expectNil(t, end(b, s)) })
			site.events.take()
			thief.expectDead("the old cookie")
			want := "revoked"
			if name == "renewed" || name == "logged in" {
				want = "replaced"
			}
			expectEqual(t, "reason", site.events.take(), want)
			thief.at(other).expectDead("the old cookie elsewhere")
			expectEqual(t, "reason elsewhere", other.events.take(), want)
		})
	}
}

// Promise 2: what a slow request does afterwards ends in ErrGone and sets no
// cookie, so that it undoes no login in the browser.
func TestPromise2SlowRequestRevivesNothing(t *testing.T) {
	for name, end := range endings {
		for what, do := range map[string]func(s *coatcheck.Session) error{
			"change": func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(context.Background()) },
			"renew":  func(s *coatcheck.Session) error { return s.Renew(context.Background()) },
			"login":  func(s *coatcheck.Session) error { return s.Login(context.Background(), "eve") },
		} {
			t.Run(name+", then "+what, func(t *testing.T) {
				site := open(t, setup{})
				b := site.browser().login("ada")
				slow := b.twin()
				res := slow.visit(func(s *coatcheck.Session) {
					b.visit(func(s *coatcheck.Session) { expectNil(t, end(b, s)) })
					expectError(t, do(s), coatcheck.ErrGone)
				})
				expectNoCookie(t, res)
				if name == "renewed" {
					b.expectLive("ada")
				}
			})
		}
	}
}

// The same where the save is that before the first byte, which answers 409.
func TestPromise2SlowRequestIsAnswered(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().login("ada")
	res := b.twin().visit(func(s *coatcheck.Session) {
		b.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(context.Background())) })
		tally.Set(s, 1)
	})
	expectStatus(t, res, http.StatusConflict)
	expectNoCookie(t, res)
	b.expectLive("ada")
}

// Destroying what was renewed meanwhile leaves the cookie of its successor
// alone; destroying what was destroyed is no error.
func TestPromise2SlowDestroy(t *testing.T) {
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			site := open(t, setup{})
			b := site.browser().login("ada")
			want := error(nil)
			if name == "renewed" || name == "logged in" {
				want = coatcheck.ErrGone
			}
			id := b.id()
			res := b.twin().visit(func(s *coatcheck.Session) {
				b.visit(func(s *coatcheck.Session) { expectNil(t, end(b, s)) })
				expectError(t, s.Destroy(context.Background()), want)
			})
			if want != nil {
				expectNoCookie(t, res)
			}
			expectError(t, site.m.Destroy(t.Context(), id), want)
		})
	}
}

// The same for a request that only reads, when a touch is due.
func TestPromise2SlowReadTouchesNothing(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: coatcheck.Options{Now: clock.Now}})
	b := site.browser().login("ada")
	clock.Advance(10 * time.Minute)
	res := b.twin().visit(func(s *coatcheck.Session) {
		b.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(context.Background())) })
	})
	expectStatus(t, res, http.StatusOK)
	expectNoCookie(t, res)
	b.expectLive("ada")
}

// When an owner's sessions were last ended so long ago that this was
// forgotten, the next time ends those that began in between all the same.
func TestPromise2DestroyOwnerAgain(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: coatcheck.Options{Now: clock.Now, IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: time.Hour}})
	destroy := func() {
		t.Helper()
		_, err := site.m.DestroyOwner(t.Context(), "ada")
		expectNil(t, err)
	}
	destroy()
	clock.Advance(time.Hour)
	b := site.browser().login("ada")
	clock.Advance(30 * time.Minute)
	b.expectLive("ada")
	destroy()
	b.expectDead("a session from before DestroyOwner")
}

// Among many who renew, log in or destroy one session, one succeeds.
func TestPromise2OneEndingWins(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().login("ada")
	const crowd = 12
	var begun, done = make(chan struct{}, crowd), make(chan error, crowd)
	release := make(chan struct{})
	for i := range crowd {
		twin := b.twin()
		go twin.visit(func(s *coatcheck.Session) {
			begun <- struct{}{}
			<-release
			if i%2 == 0 {
				done <- s.Renew(context.Background())
			} else {
				done <- s.Login(context.Background(), "bob")
			}
		})
	}
	for range crowd {
		<-begun
	}
	close(release)
	won := 0
	for range crowd {
		if err := <-done; err == nil {
			won++
		} else {
			expectError(t, err, coatcheck.ErrGone)
		}
	}
	expectEqual(t, "successes", won, 1)
	b.expectDead("the old cookie")
}

// A request with a cookie that was renewed a moment ago touches no cookie;
// later the visitor may begin anew.
func TestPromise2ReplacedCookieIsLeftAloneForAMinute(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: coatcheck.Options{Now: clock.Now}})
	b := site.browser().login("ada")
	old := b.twin()
	b.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(context.Background())) })
	set := func(s *coatcheck.Session) { tally.Set(s, 1) }
	clock.Advance(time.Minute - time.Millisecond)
	res := old.visit(set)
	expectStatus(t, res, http.StatusConflict)
	expectNoCookie(t, res)
	clock.Advance(time.Millisecond)
	expectStatus(t, old.visit(set), http.StatusOK)
	if id := old.id(); id.IsZero() || id == b.id() {
		t.Errorf("the visitor has the session %v", id)
	}
}

// DestroyOwner ends all sessions but those in except, which live on after a
// renewal and a change, and dies by the next one; later logins are free.
func TestPromise2DestroyOwner(t *testing.T) {
	site := open(t, setup{})
	mine, other, stranger := site.browser().login("ada"), site.browser().login("ada"), site.browser().login("bob")
	destroy := func(except ...coatcheck.ID) {
		t.Helper()
		_, err := site.m.DestroyOwner(t.Context(), "ada", except...)
		expectNil(t, err)
	}
	otherID := other.id()
	destroy(mine.id())
	mine.expectLive("ada")
	other.expectDead("the other session")
	stranger.expectLive("bob")
	mine.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	mine.expectLive("ada")
	mine.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(context.Background())) })
	mine.expectLive("ada")
	late := site.browser().login("ada")
	late.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	late.expectLive("ada")
	destroy(late.id(), mine.id())
	mine.expectLive("ada")
	late.expectLive("ada")
	dead := []coatcheck.ID{mine.id(), otherID}
	destroy(late.id())
	mine.expectDead("a session that is spared no more")
	destroy(append(dead, late.id())...)
	mine.expectDead("a dead session that is spared later")
	other.expectDead("a dead session that is spared later")
	late.expectLive("ada")
	destroy()
	late.expectDead("the last session")
}

// A renewal does not carry a session past a DestroyOwner that comes between
// its steps.
func TestPromise2RenewalDuringDestroyOwner(t *testing.T) {
	for _, login := range []bool{false, true} {
		var during func()
		store := &tap{Store: newRevoker(t, nil), before: func(op string) {
			if op == "Create" && during != nil {
				run := during
				during = nil
				run()
			}
		}}
		with := setup{}
		with.seal.Revoker = store
		site := open(t, with)
		b := site.browser().login("ada")
		b.visit(func(s *coatcheck.Session) {
			during = func() {
				_, err := site.m.DestroyOwner(context.Background(), "ada")
				expectNil(t, err)
			}
			if login {
				_ = s.Login(context.Background(), "ada")
			} else {
				_ = s.Renew(context.Background())
			}
		})
		b.expectDead("the session that was renewed meanwhile")
	}
}

// What ends a session is kept as long as it could live, and no longer; what ends
// all of an owner's much longer, since nobody knows with what timeouts they began.
func TestPromise2RevocationsOutliveSessions(t *testing.T) {
	clock := newClock()
	options := coatcheck.Options{Now: clock.Now, IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: time.Hour}
	site := open(t, setup{options: options})
	one, all := site.browser().login("ada"), site.browser().login("bob")
	copies := []*browser{one.twin(), all.twin()}
	one.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
	_, err := site.m.DestroyOwner(t.Context(), "bob")
	expectNil(t, err)
	for range 61 {
		for _, b := range copies {
			b.expectDead("an ended session")
		}
		clock.Advance(time.Minute)
	}
	clock.Advance(11 * time.Minute)
	n, err := site.m.Sweep(t.Context())
	expectNil(t, err)
	expectEqual(t, "revocations swept", n, 1)
	clock.Advance(400 * 24 * time.Hour)
	n, err = site.m.Sweep(t.Context())
	expectNil(t, err)
	expectEqual(t, "revocations swept", n, 1)
	for _, b := range copies {
		b.expectDead("an expired session")
	}
}

// A manager whose absolute timeout was shortened forgets sooner who was ended,
// so it also takes nothing that is older.
func TestPromise2ShorterTimeoutsEndOlderSessions(t *testing.T) {
	clock := newClock()
	long := open(t, setup{options: coatcheck.Options{Now: clock.Now, IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: 1000 * time.Hour}})
	b := long.browser().login("ada")
	options := coatcheck.Options{Now: clock.Now, AbsoluteTimeout: time.Hour}
	short := open(t, setup{seal: revoked(long), options: options})
	_, err := short.m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	clock.Advance(time.Hour + 11*time.Minute)
	b.at(short).expectDead("a session that is older than the absolute timeout")
}

// A revocation that cannot be read counts as one, and costs that session only.
func TestPromise2DamagedRevocationRevokes(t *testing.T) {
	for _, what := range []string{"session", "owner"} {
		t.Run(what, func(t *testing.T) {
			store := newRevoker(t, nil)
			with := setup{}
			with.seal.Revoker = store
			site := open(t, with)
			b, other := site.browser().login("ada"), site.browser().login("bob")
			id := b.id()
			if what == "owner" {
				id = epochID("ada")
			}
			damage(t, store, id)
			site.events.take()
			b.expectDead("a session whose revocation is damaged")
			expectEqual(t, "reason", site.events.take(), "corrupt")
			other.expectLive("bob")
			b.login("ada")
			b.expectLive("ada")
		})
	}
}
