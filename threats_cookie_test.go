package coatcheck_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// secure makes a site one over TLS, with the cookie that it has by default.
func secure(site *tcpSite) { site.http2 = true }

// The cookie of a real answer over TLS, attribute by attribute.
func TestRequirement11CookieByDefault(t *testing.T) {
	name, value, attributes := setCookie(t, threatSite(t, secure).get("/write").Response)
	expectEqual(t, "name", name, "__Host-id")
	_, err := coatcheck.ParseToken(value)
	expectNil(t, err)
	slices.Sort(attributes)
	expectEqual(t, "attributes", strings.Join(attributes, "; "), "HttpOnly; Path=/; SameSite=Lax; Secure")
}

// New refuses what no browser would keep, and what contradicts itself.
func TestRequirement12ConstructorRefuses(t *testing.T) {
	long := strings.Repeat("x", 4100)
	for _, c := range []struct {
		what string
		opts coatcheck.Options
	}{
		{"name", cookieOf(coatcheck.CookieOptions{Name: "a b"})},
		{"name and value over 4,096", cookieOf(coatcheck.CookieOptions{Name: long})},
		{"path", cookieOf(coatcheck.CookieOptions{Path: "app"})},
		{"path over 1,024", cookieOf(coatcheck.CookieOptions{Path: "/" + long[:1024]})},
		{"domain", cookieOf(coatcheck.CookieOptions{Domain: "site..test"})},
		{"domain over 1,024", cookieOf(coatcheck.CookieOptions{Domain: long[:1025]})},
		{"prefix without Secure", insecure(coatcheck.CookieOptions{Name: "__Secure-id"})},
		{"None without Secure", insecure(coatcheck.CookieOptions{SameSite: http.SameSiteNoneMode})},
		{"Partitioned without Secure", insecure(coatcheck.CookieOptions{Partitioned: true})},
	} {
		m, err := coatcheck.New(shelf(t, nil), &c.opts)
		if err == nil {
			_ = m.Close()
			t.Errorf("%s: accepted", c.what)
			continue
		}
		expectError(t, err, coatcheck.ErrInvalid)
	}
}

// Nothing that ends a header line or an attribute gets into a cookie.
func TestCase49LineBreaksAndSeparatorsInTheCookie(t *testing.T) {
	var list []refusedOption
	for _, bad := range []string{"\r\nX-Own: 1", "\n", ";", ",", "; Secure"} {
		list = append(list,
			refusedOption{"name " + bad, "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "id" + bad})},
			refusedOption{"manager's name " + bad, "Name", coatcheck.Options{Name: "id" + bad}},
			refusedOption{"path " + bad, "Cookie.Path", cookieOf(coatcheck.CookieOptions{Path: "/a" + bad})},
			refusedOption{"domain " + bad, "Cookie.Domain", cookieOf(coatcheck.CookieOptions{Domain: "site" + bad + ".test"})})
	}
	refuse(t, list)
}

func TestCase50HostPrefixThatContradictsItself(t *testing.T) {
	refuse(t, []refusedOption{
		{"Domain", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__Host-id", Domain: "site.test"})},
		{"Path", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__Host-id", Path: "/app"})},
	})
}

// A partitioned cookie has the strictest prefix, SameSite=None, and a name of
// its own beside the ordinary one's, so that neither stands in for the other.
func TestRequirement33PartitionedCookie(t *testing.T) {
	opts := coatcheck.Options{Name: "embedded", Cookie: coatcheck.CookieOptions{Partitioned: true}}
	store := shelf(t, nil)
	embedded, plain := newVisitor(t, manage(t, store, &opts)), newVisitor(t, manage(t, store, nil))
	name, _, attributes := setCookie(t, embedded.visit(bears))
	expectEqual(t, "name", name, "__Host-embedded")
	slices.Sort(attributes)
	expectEqual(t, "attributes", strings.Join(attributes, "; "), "HttpOnly; Partitioned; Path=/; SameSite=None; Secure")
	embedded.at(plain.m).expectAnonymous()
	(&visitor{t, plain.m, "__Host-id=" + string(embedded.token())}).expectAnonymous()
}

// Whichever of several cookies comes first, the order decides nothing.
func TestRequirement13DuplicatesInAnyOrder(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		for _, sent := range rotations(token, unknownToken(0), "x") {
			if a.host() {
				a.stranger("with the prefix", a.cookies(sent...), 0, "ambiguous")
				continue
			}
			a.opens(v, "without it", a.cookies(sent...), 2, 1)
		}
	})
}

// What depends on a session says so to caches, and what bears a token may be
// kept by none.
func TestRequirement16CacheHeaders(t *testing.T) {
	site := threatSite(t)
	for _, c := range []struct{ path, want string }{
		{"/write", "no-store Cookie"},
		{"/", "private Cookie"},
		{"/login", "no-store Cookie"},
		{"/write", "private Cookie"},
		{"/logout", "no-store Cookie"},
		{"/", "private Cookie"},
	} {
		h := site.get(c.path).Header
		expectEqual(t, c.path, h.Get("Cache-Control")+" "+h.Get("Vary"), c.want)
	}
	for name, value := range map[string]string{
		"Cache-Control": "public, max-age=60", "CDN-Cache-Control": "max-age=60", "Surrogate-Control": "max-age=60", "X-Accel-Expires": "60",
	} {
		for what, do := range map[string]func(*coatcheck.Session) error{
			"born":      func(s *coatcheck.Session) error { motto.Set(s, "carpe diem"); return nil },
			"logged in": func(s *coatcheck.Session) error { return s.Login(t.Context(), "ada") },
			"destroyed": func(s *coatcheck.Session) error { return s.Destroy(t.Context()) },
		} {
			v := newVisitor(t, manage(t, shelf(t, nil), nil))
			if what == "destroyed" {
				v.begin()
			}
			res := v.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(name, value)
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				expectNil(t, do(s))
			})
			got := res.Header.Get("Cache-Control")
			res.Header.Del("Cache-Control")
			if got += res.Header.Get(name); got != "no-store" || len(res.Header["Set-Cookie"]) != 1 {
				t.Errorf("%s for caches to share, by %s: %q, and %d cookies", what, name, got, len(res.Header["Set-Cookie"]))
			}
		}
	}
}

// However a handler begins its response, the cookie is among the headers and
// the session saved before it. A hijacked connection has no headers of ours:
// there the session that exists is saved, and the handshake by 101 may start one.
func TestRequirement17CookieBeforeTheFirstByte(t *testing.T) {
	for name, trigger := range tcpTriggers {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				tcpNote.Set(tcpSession(t, r), "coat")
				trigger(w)
			})
			if !site.get("/").setsCookie() {
				t.Error("no cookie arrived")
			}
			if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
				t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
			}
		})
	}
	t.Run("Hijack", func(t *testing.T) {
		site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
			tcpNote.Set(tcpSession(t, r), "coat")
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(rw, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			_ = rw.Flush()
			_ = conn.Close()
		})
		site.begin("early")
		site.get("/")
		if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
			t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
		}
	})
}
