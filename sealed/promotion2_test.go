package sealed_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Promise 2 across a promotion: the sealed cookie is dead from then on, at this
// process and at another one.
func TestPromise2PromotedCookieIsRefused(t *testing.T) {
	for name, p := range promotions {
		t.Run(name, func(t *testing.T) {
			v := openVilla(t, setup{})
			other := open(t, setup{store: v.store, seal: revoked(v.site)})
			b := v.browser().begin()
			thief := b.twin()
			thief.expectLive("")
			b.visit(func(s *coatcheck.Session) { expectNil(t, p.do(s)) })
			v.events.take()
			thief.expectDead("the old cookie")
			expectEqual(t, "reason", v.events.take(), "replaced")
			thief.at(other).expectDead("the old cookie elsewhere")
			b.at(other).expectLive(p.owner)
		})
	}
}

// What a slow request does behind a promotion ends in ErrGone and sets no
// cookie, so that it does not undo a login in the browser.
func TestPromise2SlowRequestBehindAPromotion(t *testing.T) {
	changes := map[string]func(s *coatcheck.Session) error{
		"change":  func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(context.Background()) },
		"renewal": func(s *coatcheck.Session) error { return s.Renew(context.Background()) },
		"destroy": func(s *coatcheck.Session) error { return s.Destroy(context.Background()) },
	}
	for name, p := range promotions {
		changes["second "+name] = p.do
	}
	for name, p := range promotions {
		for what, do := range changes {
			t.Run(name+", then "+what, func(t *testing.T) {
				v := openVilla(t, setup{})
				b := v.browser().begin()
				res := b.twin().visit(func(s *coatcheck.Session) {
					b.visit(func(s *coatcheck.Session) { expectNil(t, p.do(s)) })
					expectError(t, do(s), coatcheck.ErrGone)
				})
				expectNoCookie(t, res)
				b.expectLive(p.owner)
				v.expectRecords(1)
			})
		}
		t.Run(name+", then an answer", func(t *testing.T) {
			b := openVilla(t, setup{}).browser().begin()
			res := b.twin().visit(func(s *coatcheck.Session) {
				b.visit(func(s *coatcheck.Session) { expectNil(t, p.do(s)) })
				tally.Set(s, 1)
			})
			expectStatus(t, res, http.StatusConflict)
			expectNoCookie(t, res)
			b.expectLive(p.owner)
		})
	}
}

// A save that was sealed before the login, and whose response arrives behind the
// login's, puts the old session's cookie into the browser. It opens nothing.
func TestPromise2LateResponseBehindALogin(t *testing.T) {
	v := openVilla(t, setup{})
	b := v.browser().begin()
	late := b.twin().visit(func(s *coatcheck.Session) {
		tally.Set(s, 1)
		expectNil(t, s.Save(context.Background()))
		b.login("ada")
	})
	b.expectLive("ada")
	b.keep(late)
	b.expectDead("the cookie of a late response")
}

// Whose login's response got lost has the old cookie still. It opens nothing,
// and a minute later the visitor may begin anew.
func TestPromise2LostResponseOfAPromotion(t *testing.T) {
	clock := newClock()
	v := openVilla(t, setup{options: coatcheck.Options{Now: clock.Now}})
	b := v.browser().begin()
	b.twin().login("ada")
	set := func(s *coatcheck.Session) { motto.Set(s, "carpe diem") }
	res := b.visit(set)
	expectStatus(t, res, http.StatusConflict)
	expectNoCookie(t, res)
	clock.Advance(time.Minute)
	expectStatus(t, b.visit(set), http.StatusOK)
	b.expectLive("")
	b.login("ada")
	b.expectLive("ada")
}

// A promotion behind the first byte is refused ahead of any call, and one of a
// session that expires under the handler finds that it has ended.
func TestPromotionTooLate(t *testing.T) {
	for name, p := range promotions {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			v := openVilla(t, setup{options: coatcheck.Options{Now: clock.Now}})
			b := v.browser().begin()
			b.serve(func(w http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				_, _ = w.Write([]byte("first byte"))
				expectError(t, p.do(s), coatcheck.ErrHeadersSent)
			})
			b.expectLive("")
			res := b.visit(func(s *coatcheck.Session) {
				clock.Advance(time.Hour)
				expectError(t, p.do(s), coatcheck.ErrGone)
			})
			expectNoCookie(t, res)
			v.expectRecords(0)
		})
	}
}
