package sealed_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// A request that learns of its session's end takes the cookie back that an
// earlier save of its own has put into the response: it would take the place
// of the one that a login has brought meanwhile, and open nothing.
func TestPromise2EndedSessionsCookieIsTakenBack(t *testing.T) {
	for name, end := range endings {
		for what, do := range map[string]func(s *coatcheck.Session) error{
			"change":  func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(context.Background()) },
			"renewal": func(s *coatcheck.Session) error { return s.Renew(context.Background()) },
			"login":   func(s *coatcheck.Session) error { return s.Login(context.Background(), "eve") },
		} {
			t.Run(name+", then "+what, func(t *testing.T) {
				b := open(t, setup{}).browser().login("ada")
				slow := b.twin()
				res := slow.visit(func(s *coatcheck.Session) {
					tally.Set(s, 1)
					expectNil(t, s.Save(context.Background()))
					b.visit(func(s *coatcheck.Session) { expectNil(t, end(b, s)) })
					expectError(t, do(s), coatcheck.ErrGone)
				})
				expectNoCookie(t, res)
			})
		}
	}
}

// Two logins at once, as by a double click, of which each has counted itself
// before: whichever response comes last, the visitor is logged in.
func TestPromise2DoubleLoginLeavesTheVisitorLoggedIn(t *testing.T) {
	sites := map[string]func(t *testing.T) *site{
		"all sealed": func(t *testing.T) *site { return open(t, setup{}) },
		"promotion":  func(t *testing.T) *site { return openVilla(t, setup{}).site },
		"chunks": func(t *testing.T) *site {
			return open(t, setup{options: coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 4}}})
		},
	}
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			b := open(t).browser().begin()
			second := b.twin()
			counted := func(s *coatcheck.Session) {
				expectNil(t, s.Transact(context.Background(), func(s *coatcheck.Session) error {
					if name == "chunks" {
						motto.Set(s, strings.Repeat("m", 6000))
					}
					tally.Update(s, increment)
					return nil
				}))
			}
			res := second.serve(func(w http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
				counted(s)
				b.visit(func(s *coatcheck.Session) {
					tally.Update(s, increment)
					expectNil(t, s.Login(context.Background(), "ada"))
				})
				expectError(t, s.Login(context.Background(), "ada"), coatcheck.ErrGone)
				w.WriteHeader(http.StatusNoContent)
			})
			if lines := res.Header["Set-Cookie"]; len(lines) != 1 || lines[0] != "theme=dark" {
				t.Errorf("Set-Cookie: %q, want only the handler's own", lines)
			}
			b.keep(res) // it comes last
			b.expectLive("ada")
		})
	}
}

// The same for a token in a header.
func TestPromise2EndedSessionsHeaderIsTakenBack(t *testing.T) {
	site := open(t, setup{options: coatcheck.Options{Carrier: coatcheck.HeaderCarrier("X-Session")}})
	s, err := site.m.Open(t.Context(), "")
	expectNil(t, err)
	expectNil(t, s.Login(t.Context(), "ada"))
	r, err := http.NewRequest(http.MethodGet, site.url+site.task(func(_ http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		tally.Set(s, 1)
		expectNil(t, s.Save(r.Context()))
		_, err = site.m.DestroyOwner(r.Context(), "ada")
		expectNil(t, err)
		expectError(t, s.Renew(r.Context()), coatcheck.ErrGone)
	}), nil)
	expectNil(t, err)
	r.Header.Set("X-Session", string(s.Token()))
	res, err := http.DefaultClient.Do(r)
	expectNil(t, err)
	expectNil(t, res.Body.Close())
	if got, ok := res.Header["X-Session"]; ok {
		t.Errorf("X-Session: %q, want none", got)
	}
}

// While nobody knows whether it has ended, the cookie of the earlier save stays: if
// the session lives, the visitor has what was saved.
func TestUncertainLoginTakesNoCookieBack(t *testing.T) {
	var late []*coatcheck.Record
	store := &delayed{Store: newRevoker(t, nil)}
	site := open(t, setup{seal: sealed.Options{Revoker: store}})
	b := site.browser().begin()
	store.late = &late
	b.visit(func(s *coatcheck.Session) {
		tally.Set(s, 7)
		expectNil(t, s.Save(context.Background()))
		expectError(t, s.Login(context.Background(), "ada"), coatcheck.ErrUncertain)
	})
	store.late = nil
	b.visit(func(s *coatcheck.Session) { expectEqual(t, "tally", tally.Get(s), 7) })
}
