package coatcheck_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// setCookie returns the parts of the one Set-Cookie line of a response: the
// name, the value, and the attributes as they stand there.
func setCookie(t testing.TB, res *http.Response) (name, value string, attributes []string) {
	t.Helper()
	lines := res.Header["Set-Cookie"]
	if len(lines) != 1 {
		t.Fatalf("%d Set-Cookie lines, want 1: %q", len(lines), lines)
	}
	parts := strings.Split(lines[0], "; ")
	name, value, _ = strings.Cut(parts[0], "=")
	return name, value, parts[1:]
}

// bears is a change that a session is born by.
func bears(s *coatcheck.Session) { motto.Set(s, "carpe diem") }

// Who sets nothing gets a cookie that only this host sees, only over TLS, no
// script, no foreign site's form, and not longer than the browser runs.
func TestCookieDefaults(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	var token coatcheck.Token
	res := v.visit(func(s *coatcheck.Session) {
		bears(s)
		expectNil(t, s.Save(t.Context()))
		token = s.Token()
	})
	name, value, attributes := setCookie(t, res)
	expectEqual(t, "name", name, "__Host-id")
	expectEqual(t, "the value is the token", value == string(token), true)
	if _, err := coatcheck.ParseToken(value); err != nil {
		t.Errorf("the value is no token: %v", err)
	}
	slices.Sort(attributes)
	expectEqual(t, "attributes", strings.Join(attributes, "; "), "HttpOnly; Path=/; SameSite=Lax; Secure")
	// And as net/http understands it.
	c := res.Cookies()[0]
	if c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || len(c.Unparsed) != 0 {
		t.Errorf("net/http reads %+v", *c)
	}
}

// The default name has the strictest prefix that the attributes allow, the
// attributes are those that were asked for, and the cookie is removed by the
// same name and attributes: a browser would keep it otherwise.
func TestCookieNamesAndAttributes(t *testing.T) {
	type cookie = coatcheck.CookieOptions
	for _, test := range []struct {
		opts coatcheck.Options
		name string
		want string // sorted
	}{
		{coatcheck.Options{}, "__Host-id", "HttpOnly; Path=/; SameSite=Lax; Secure"},
		{coatcheck.Options{Name: "shop"}, "__Host-shop", "HttpOnly; Path=/; SameSite=Lax; Secure"},
		{coatcheck.Options{Cookie: cookie{Path: "/"}}, "__Host-id", "HttpOnly; Path=/; SameSite=Lax; Secure"},
		{coatcheck.Options{Cookie: cookie{Path: "/app"}}, "__Secure-id", "HttpOnly; Path=/app; SameSite=Lax; Secure"},
		{coatcheck.Options{Cookie: cookie{Domain: "site.test"}}, "__Secure-id", "Domain=site.test; HttpOnly; Path=/; SameSite=Lax; Secure"},
		{coatcheck.Options{Cookie: cookie{Domain: "site.test", Path: "/a/", SameSite: http.SameSiteStrictMode}}, "__Secure-id",
			"Domain=site.test; HttpOnly; Path=/a/; SameSite=Strict; Secure"},
		{coatcheck.Options{Cookie: cookie{SameSite: http.SameSiteNoneMode}}, "__Host-id", "HttpOnly; Path=/; SameSite=None; Secure"},
		{coatcheck.Options{Cookie: cookie{Partitioned: true}}, "__Host-id", "HttpOnly; Partitioned; Path=/; SameSite=None; Secure"},
		{coatcheck.Options{Cookie: cookie{Name: "sid"}}, "sid", "HttpOnly; Path=/; SameSite=Lax; Secure"},
		{coatcheck.Options{Cookie: cookie{Name: "__Secure-sid"}}, "__Secure-sid", "HttpOnly; Path=/; SameSite=Lax; Secure"},
		{coatcheck.Options{InsecureCookie: true}, "id", "HttpOnly; Path=/; SameSite=Lax"},
		{coatcheck.Options{InsecureCookie: true, Cookie: cookie{Path: "/app", Domain: "site.test"}}, "id", "Domain=site.test; HttpOnly; Path=/app; SameSite=Lax"},
	} {
		for _, persistent := range []bool{false, true} {
			v := newVisitor(t, manage(t, shelf(t, nil), &test.opts))
			what := fmt.Sprintf("%s (%s), persistent %t", test.name, test.want, persistent)
			put := v.visit(func(s *coatcheck.Session) {
				bears(s)
				s.SetPersistent(persistent)
			})
			name, _, attributes := setCookie(t, put)
			expectEqual(t, what+": name", name, test.name)
			expectEqual(t, what, strings.Join(lessMaxAge(attributes), "; "), test.want)

			cleared := v.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
			name, value, attributes := setCookie(t, cleared)
			expectEqual(t, what+": name when cleared", name, test.name)
			expectEqual(t, what+": value when cleared", value, "")
			expectEqual(t, what+": cleared", strings.Join(lessMaxAge(attributes), "; "), test.want)
			if c := cleared.Cookies()[0]; c.MaxAge != -1 || !c.Expires.Equal(time.Unix(0, 0)) {
				t.Errorf("%s: cleared by Max-Age %d and Expires %v", what, c.MaxAge, c.Expires)
			}
		}
	}
}

// lessMaxAge returns the attributes that are the same whether the cookie is
// set, kept or removed, sorted.
func lessMaxAge(attributes []string) []string {
	kept := slices.DeleteFunc(slices.Clone(attributes), func(a string) bool {
		return strings.HasPrefix(a, "Max-Age=") || strings.HasPrefix(a, "Expires=")
	})
	slices.Sort(kept)
	return kept
}

// InsecureCookie says so once, as a warning, and secure cookies say nothing.
func TestCookieInsecureIsLoud(t *testing.T) {
	for _, insecure := range []bool{false, true} {
		var log bytes.Buffer
		manage(t, shelf(t, nil), &coatcheck.Options{InsecureCookie: insecure, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		warned := strings.Count(log.String(), "level=WARN") == 1 && strings.Contains(log.String(), "InsecureCookie")
		if warned != insecure || !insecure && log.Len() != 0 {
			t.Errorf("InsecureCookie %t: the log says %q", insecure, &log)
		}
	}
}

// A persistent cookie lasts until the absolute deadline, but never longer than
// the 400 days that browsers allow; a session cookie has no Max-Age.
func TestCookieMaxAge(t *testing.T) {
	for _, test := range []struct {
		absolute time.Duration
		later    time.Duration // when the cookie is asked for
		want     int           // seconds
	}{
		{time.Hour, 0, 3600},
		{time.Hour, 20 * time.Minute, 2400},
		{400 * 24 * time.Hour, 0, 400 * 86400},
		{401 * 24 * time.Hour, 0, 400 * 86400},
		{coatcheck.NoTimeout, 0, 400 * 86400},
		{1500 * time.Millisecond, 0, 1},
		{1500 * time.Millisecond, time.Second, 1}, // 0 would remove it
	} {
		clock := newClock()
		v := newVisitor(t, manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now,
			IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: test.absolute, AnonymousAbsoluteTimeout: test.absolute}))
		v.begin()
		clock.Advance(test.later)
		on := v.visit(func(s *coatcheck.Session) { s.SetPersistent(true) })
		_, value, attributes := setCookie(t, on)
		if !slices.Contains(attributes, "Max-Age="+strconv.Itoa(test.want)) {
			t.Errorf("absolute timeout %v, %v later: attributes %q, want Max-Age %d", test.absolute, test.later, attributes, test.want)
		}
		off := v.visit(func(s *coatcheck.Session) { s.SetPersistent(false) })
		_, again, attributes := setCookie(t, off)
		if again != value {
			t.Error("to end persistence changed the token")
		}
		if strings.Contains(strings.Join(attributes, "; "), "Max-Age") {
			t.Errorf("not persistent any more: attributes %q", attributes)
		}
	}
}

// A login and a renewal keep the cookie persistent that was so.
func TestCookiePersistenceOutlivesTheToken(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil))
	v.visit(func(s *coatcheck.Session) {
		bears(s)
		s.SetPersistent(true)
	})
	for what, do := range map[string]func(*coatcheck.Session) error{
		"Renew": func(s *coatcheck.Session) error { return s.Renew(t.Context()) },
		"Login": func(s *coatcheck.Session) error { return s.Login(t.Context(), "ada") },
	} {
		res := v.visit(func(s *coatcheck.Session) { expectNil(t, do(s)) })
		if c := res.Cookies(); len(c) != 1 || c[0].MaxAge <= 0 {
			t.Errorf("after %s the cookies are %v", what, res.Header["Set-Cookie"])
		}
	}
}

// Cookies of others stay as they are, in their order; of ours the last word
// counts, and it is said once.
func TestCookieLeavesOthersAlone(t *testing.T) {
	others := []string{"__Host-id2=a; Path=/", "x__Host-id=b", "__host-id=c", "theme=__Host-id=d", "__Host-i=e"}
	for _, test := range []struct {
		what   string
		do     func(*testing.T, *coatcheck.Session)
		clears bool
	}{
		{"birth and renewals", func(t *testing.T, s *coatcheck.Session) {
			bears(s)
			expectNil(t, s.Save(t.Context()))
			expectNil(t, s.Renew(t.Context()))
			expectNil(t, s.Login(t.Context(), "ada"))
		}, false},
		{"destruction at last", func(t *testing.T, s *coatcheck.Session) {
			expectNil(t, s.Login(t.Context(), "ada"))
			expectNil(t, s.Destroy(t.Context()))
		}, true},
		{"a new one after destruction", func(t *testing.T, s *coatcheck.Session) {
			expectNil(t, s.Login(t.Context(), "ada"))
			expectNil(t, s.Destroy(t.Context()))
			bears(s)
		}, false},
	} {
		v := newVisitor(t, manage(t, shelf(t, nil), nil))
		var last coatcheck.Token
		res := v.serve(func(w http.ResponseWriter, r *http.Request) {
			for _, line := range others[:3] {
				w.Header().Add("Set-Cookie", line)
			}
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			test.do(t, s)
			expectNil(t, s.Save(t.Context()))
			last = s.Token()
			for _, line := range others[3:] {
				w.Header().Add("Set-Cookie", line)
			}
		})
		lines := slices.Clone(res.Header["Set-Cookie"])
		ours := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "__Host-id=") })
		if ours < 0 {
			t.Errorf("%s: no cookie of ours", test.what)
			continue
		}
		expectEqual(t, test.what+": ours is the last one", strings.HasPrefix(lines[ours], "__Host-id="+string(last)+"; "), true)
		expectEqual(t, test.what+": clears", strings.Contains(lines[ours], "Max-Age=0"), test.clears)
		if rest := slices.Delete(lines, ours, ours+1); !slices.Equal(rest, others) {
			t.Errorf("%s: the others' lines are %q", test.what, rest)
		}
	}
}

// Only a response that depends on the session says so to caches; one that
// bears a cookie may not be kept by any. What the handler says stands.
func TestCookieCacheHeaders(t *testing.T) {
	read := func(s *coatcheck.Session) { motto.Get(s) }
	write := func(s *coatcheck.Session) { tally.Update(s, increment) }
	renew := func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) }
	end := func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) }
	for _, test := range []struct {
		what        string
		known       bool // the visitor has a session
		do          func(*coatcheck.Session)
		vary, cache string // what the handler says
		wantVary    string // what arrives
		wantCache   string
	}{
		{"not asked", true, nil, "", "", "", ""},
		{"not asked, said", true, nil, "Accept", "public", "Accept", "public"},
		{"read", true, read, "", "", "Cookie", "private"},
		{"read by a stranger", false, read, "", "", "Cookie", "private"},
		{"changed", true, write, "", "", "Cookie", "private"},
		{"born", false, write, "", "", "Cookie", "no-store"},
		{"renewed", true, renew, "", "", "Cookie", "no-store"},
		{"destroyed", true, end, "", "", "Cookie", "no-store"},
		{"read, cache said", true, read, "", "public, max-age=5", "Cookie", "public, max-age=5"},
		{"born, cache said", false, write, "", "no-cache", "Cookie", "no-cache"},
		{"born, cache said to share", false, write, "Accept", "max-age=5", "Accept|Cookie", "no-store"},
		{"read, Vary said", true, read, "Accept", "", "Accept|Cookie", "private"},
		{"read, Vary: Cookie said", true, read, "Accept,\tcookie", "", "Accept,\tcookie", "private"},
		{"read, Vary: * said", true, read, "*", "", "*", "private"},
		{"read, Vary of a like name", true, read, "X-Cookie", "", "X-Cookie|Cookie", "private"},
	} {
		v := newVisitor(t, manage(t, shelf(t, nil), nil))
		if test.known {
			v.begin()
		}
		res := v.serve(func(w http.ResponseWriter, r *http.Request) {
			if test.vary != "" {
				w.Header().Set("Vary", test.vary)
			}
			if test.cache != "" {
				w.Header().Set("Cache-Control", test.cache)
			}
			if test.do != nil {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				test.do(s)
			}
		})
		expectEqual(t, test.what+": Vary", strings.Join(res.Header["Vary"], "|"), test.wantVary)
		expectEqual(t, test.what+": Cache-Control", strings.Join(res.Header["Cache-Control"], "|"), test.wantCache)
	}
}

// Headers of one request never show up in another's: the lines that the
// manager adds are the request's own memory.
func TestCookieHeadersAreEachRequestsOwn(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	w := httptest.NewRecorder()
	ask := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
	}))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "https://site.test/", nil)
	ask.ServeHTTP(w, r)
	w.Header()["Vary"] = append(w.Header()["Vary"], "Accept")
	w.Header()["Cache-Control"][0] = "public"
	second := httptest.NewRecorder()
	ask.ServeHTTP(second, r)
	expectEqual(t, "Vary", strings.Join(second.Header()["Vary"], "|"), "Cookie")
	expectEqual(t, "Cache-Control", strings.Join(second.Header()["Cache-Control"], "|"), "private")
}
