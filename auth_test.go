package coatcheck_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A login is fresh until the moment that is so long ago, and only another one
// makes it so again: no use, no renewal, no other session of the owner does.
func TestRequirement09FreshWithin(t *testing.T) {
	const d = 5 * time.Minute
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now, IdleTimeout: 3 * time.Hour})
	v := newVisitor(t, m)
	fresh := func(what string, want bool) {
		t.Helper()
		v.visit(func(s *coatcheck.Session) { expectEqual(t, what, s.FreshWithin(d), want) })
	}
	fresh("nothing stored", false)
	v.begin()
	fresh("anonymous", false)
	v.login("ada")
	for _, test := range []struct {
		advance time.Duration
		want    bool
	}{{0, true}, {d - 1, true}, {1, false}, {time.Hour, false}} {
		v.visit(func(*coatcheck.Session) {}) // a touch on the way
		clock.Advance(test.advance / 2)
		v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
		clock.Advance(test.advance - test.advance/2)
		fresh("after "+test.advance.String(), test.want)
		if test.advance > time.Minute {
			continue
		}
		for _, never := range []time.Duration{0, coatcheck.NoTimeout, -time.Hour} {
			v.visit(func(s *coatcheck.Session) { expectEqual(t, never.String(), s.FreshWithin(never), false) })
		}
	}
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	fresh("renewed", false)
	newVisitor(t, m).login("ada")
	fresh("logged in elsewhere", false)
	v.visit(func(s *coatcheck.Session) {
		expectNil(t, s.Login(t.Context(), "ada"))
		expectEqual(t, "in the request of the login", s.FreshWithin(d), true)
		expectEqual(t, "motto", motto.Get(s), "carpe diem")
	})
	fresh("logged in again", true)
	v.visit(func(s *coatcheck.Session) {
		expectNil(t, s.Destroy(t.Context()))
		expectEqual(t, "destroyed", s.FreshWithin(d), false)
	})
}

// A session from another system is of nobody knows when: not fresh.
func TestRequirement09ImportedIsNotFresh(t *testing.T) {
	store := shelf(t, nil)
	m := manage(t, store, nil)
	rec, err := m.NewRecord(coatcheck.Token(fuzzToken), "ada", nil, time.Now().Add(time.Hour))
	expectNil(t, err)
	expectNil(t, store.Create(t.Context(), rec))
	v := newVisitor(t, m)
	v.cookie = "__Host-id=" + fuzzToken
	v.visit(func(s *coatcheck.Session) {
		expectEqual(t, "owner", s.Owner(), "ada")
		expectEqual(t, "fresh", s.FreshWithin(1000*time.Hour), false)
	})
}

// An authSite is a real server with pages that need a login.
type authSite struct {
	*httptest.Server
	t      *testing.T
	passed int // requests that were let through
}

func newAuthSite(t *testing.T, m *coatcheck.Manager, opts *coatcheck.AuthOptions) *authSite {
	site := &authSite{t: t}
	site.Server = httptest.NewServer(m.Handler(m.RequireAuth(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.passed++
		_, _ = io.WriteString(w, "a secret")
	}), opts)))
	t.Cleanup(site.Close)
	return site
}

// send makes one request, with the visitor's cookie, and follows no redirect.
func (site *authSite) send(method string, v *visitor) (res *http.Response, body string) {
	site.t.Helper()
	r, err := http.NewRequestWithContext(site.t.Context(), method, site.URL+"/secret?of=mine", nil)
	expectNil(site.t, err)
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	res, err = http.DefaultTransport.RoundTrip(r)
	if err != nil {
		site.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	expectNil(site.t, err)
	expectNil(site.t, res.Body.Close())
	return res, string(b)
}

// RequireAuth over real HTTP: whom it lets through, what it answers the others,
// for every method, and what caches are told.
func TestRequirement09RequireAuth(t *testing.T) {
	toLogin := func(r *http.Request, stale bool) string {
		if r.Header.Get("Accept") == "application/json" {
			return ""
		}
		if stale {
			return "/again?next=" + r.URL.EscapedPath()
		}
		return "/login?next=" + r.URL.EscapedPath()
	}
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
	stranger, guest, ada, stale := newVisitor(t, m), newVisitor(t, m).begin(), newVisitor(t, m), newVisitor(t, m).login("bob")
	clock.Advance(10 * time.Minute)
	ada.login("ada")
	bogus := newVisitor(t, m)
	bogus.cookie = "__Host-id=" + fuzzToken
	for _, test := range []struct {
		name     string
		opts     *coatcheck.AuthOptions
		v        *visitor
		status   int
		location string
	}{
		{"a stranger", nil, stranger, 401, ""},
		{"a made-up token", nil, bogus, 401, ""},
		{"an anonymous session", nil, guest, 401, ""},
		{"an owner", nil, ada, 200, ""},
		{"an owner for long", nil, stale, 200, ""},
		{"a stranger, fresh wanted", &coatcheck.AuthOptions{FreshWithin: time.Minute}, stranger, 401, ""},
		{"an owner, fresh wanted", &coatcheck.AuthOptions{FreshWithin: time.Minute}, ada, 200, ""},
		{"an owner for long, fresh wanted", &coatcheck.AuthOptions{FreshWithin: time.Minute}, stale, 403, ""},
		{"an owner, nobody wanted", &coatcheck.AuthOptions{FreshWithin: -1}, ada, 403, ""},
		{"a stranger, sent", &coatcheck.AuthOptions{Redirect: toLogin}, stranger, 303, "/login?next=/secret"},
		{"an owner for long, sent", &coatcheck.AuthOptions{Redirect: toLogin, FreshWithin: time.Minute}, stale, 303, "/again?next=/secret"},
		{"an owner, not sent", &coatcheck.AuthOptions{Redirect: toLogin, FreshWithin: time.Minute}, ada, 200, ""},
		{"answered otherwise", &coatcheck.AuthOptions{Refuse: func(w http.ResponseWriter, _ *http.Request, stale bool) {
			w.WriteHeader(map[bool]int{false: 418, true: 451}[stale])
		}, FreshWithin: time.Minute}, stale, 451, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := newAuthSite(t, m, test.opts)
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
				before := site.passed
				res, body := site.send(method, test.v)
				expectStatus(t, res, test.status)
				expectEqual(t, "let through", site.passed > before, test.status == 200)
				expectEqual(t, "Location", res.Header.Get("Location"), test.location)
				expectEqual(t, "Vary", res.Header.Get("Vary"), "Cookie")
				cache := "no-store"
				if test.status == 200 {
					cache = "private"
				}
				expectEqual(t, "Cache-Control", res.Header.Get("Cache-Control"), cache)
				expectEqual(t, "challenge", res.Header.Get("WWW-Authenticate") != "", test.status == 401)
				expectNoCookie(t, res)
				if method == "HEAD" && body != "" || strings.Contains(body, "secret") != (test.status == 200 && method != "HEAD") && test.location == "" {
					t.Errorf("%s: body %q", method, body)
				}
			}
		})
	}
}

// Whoever was logged out elsewhere is let through no more.
func TestRequirement09RequireAuthAfterDestroyOwner(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	v := newVisitor(t, m).login("ada")
	site := newAuthSite(t, m, nil)
	res, _ := site.send("GET", v)
	expectStatus(t, res, 200)
	_, err := m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	res, _ = site.send("GET", v)
	expectStatus(t, res, 401)
}

// Outside of Handler, or inside another manager's only, RequireAuth lets nobody
// through and says what is wrong; and neither does it when the store is down.
func TestRequirement09RequireAuthFailsClosed(t *testing.T) {
	var log bytes.Buffer
	var said error
	store := watched(t)
	m := manage(t, store, &coatcheck.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			said = err
			coatcheck.DefaultErrorHandler(w, r, err)
		},
	})
	other := manage(t, shelf(t, nil), &coatcheck.Options{Name: "other"})
	v := newVisitor(t, m).login("ada")
	secret := m.RequireAuth(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("let through") }), nil)
	for name, h := range map[string]http.Handler{"outside": secret, "inside another's": other.Handler(secret)} {
		log.Reset()
		said = nil
		r := httptest.NewRequestWithContext(context.Background(), "GET", "https://site.test/", nil)
		r.Header.Set("Cookie", v.cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		expectEqual(t, name, w.Code, http.StatusInternalServerError)
		expectError(t, said, coatcheck.ErrNoHandler)
		if !strings.Contains(log.String(), "RequireAuth is outside of Handler") {
			t.Errorf("%s: the log says %q", name, log.String())
		}
	}
	store.on(only("Load", notDone))
	res := v.serve(secret.ServeHTTP)
	expectStatus(t, res, http.StatusServiceUnavailable)
}

// A login of which another machine's clock says that it is yet to come is fresh,
// but not for those who ask for less than nothing.
func TestRequirement09FreshWithinNothing(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
	v := newVisitor(t, m).login("ada")
	clock.Advance(-time.Minute)
	v.visit(func(s *coatcheck.Session) {
		expectEqual(t, "owner", s.Owner(), "ada")
		expectEqual(t, "within a minute", s.FreshWithin(time.Minute), true)
		for _, never := range []time.Duration{0, -1, -time.Second} {
			expectEqual(t, "within "+never.String(), s.FreshWithin(never), false)
		}
	})
}

// The challenge of a 401 names the scheme that the client is to answer by.
func TestRequirement09Challenge(t *testing.T) {
	for want, c := range map[string]coatcheck.Carrier{
		"Session": coatcheck.CookieCarrier(),
		"Bearer":  coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("Authorization"), coatcheck.HeaderCarrier("X-Session")),
	} {
		m := manage(t, shelf(t, nil), &coatcheck.Options{Carrier: c})
		res := newVisitor(t, m).serve(m.RequireAuth(http.NotFoundHandler(), nil).ServeHTTP)
		expectStatus(t, res, http.StatusUnauthorized)
		expectEqual(t, "challenge", res.Header.Get("WWW-Authenticate"), want)
	}
}
