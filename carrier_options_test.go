package coatcheck_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// New refuses carriers that contradict themselves or other options, and says
// which.
func TestOptionsRefuseCarriers(t *testing.T) {
	cookie, header := coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session")
	form, inURL := coatcheck.InsecureFormCarrier("sid"), coatcheck.InsecureURLCarrier("sid")
	var list []refusedOption
	add := func(what, field string, o coatcheck.Options) { list = append(list, refusedOption{what, field, o}) }
	for _, name := range []string{"", " ", "a b", "a:b", "a\r\nb", "é", "Cookie", "set-cookie", "HOST", "Content-Length", "content-type", "Vary", "Cache-Control",
		"Transfer-Encoding", "Connection", "Location", "Sec-Fetch-Site", "Accept", "X-Forwarded-For", "Proxy-Authorization", strings.Repeat("n", 65)} {
		add("header "+name, "Carrier", coatcheck.Options{Carrier: coatcheck.HeaderCarrier(name)})
	}
	for _, name := range []string{"", " ", "a b", "a=b", "a&b", "a\"b", "<", "é", "a\nb", "a%20b", "a+b", "_charset_", strings.Repeat("n", 65)} {
		add("field "+name, "Carrier", coatcheck.Options{Carrier: coatcheck.InsecureFormCarrier(name)})
		add("parameter "+name, "Carrier", coatcheck.Options{Carrier: coatcheck.InsecureURLCarrier(name)})
	}
	for what, c := range map[string]coatcheck.Carrier{
		"empty chain":              coatcheck.FirstOf(),
		"nil in a chain":           coatcheck.FirstOf(cookie, nil),
		"nil deeper":               coatcheck.FirstOf(coatcheck.FirstOf(nil), cookie),
		"cookie twice":             coatcheck.FirstOf(cookie, header, cookie),
		"header twice":             coatcheck.FirstOf(header, coatcheck.HeaderCarrier("x-SESSION")),
		"form twice":               coatcheck.FirstOf(form, form),
		"two fields":               coatcheck.FirstOf(form, coatcheck.InsecureFormCarrier("other")),
		"URL behind the cookie":    coatcheck.FirstOf(cookie, inURL),
		"URL before the header":    coatcheck.FirstOf(inURL, header),
		"URL in an inner chain":    coatcheck.FirstOf(header, coatcheck.FirstOf(inURL)),
		"more than eight":          coatcheck.FirstOf(headers(9)...),
		"bad name inside a chain":  coatcheck.FirstOf(cookie, coatcheck.HeaderCarrier("a b")),
		"bad name in inner chains": coatcheck.FirstOf(coatcheck.FirstOf(coatcheck.InsecureFormCarrier(""))),
	} {
		add(what, "Carrier", coatcheck.Options{Carrier: c})
	}
	add("cookie's name without a cookie", "Cookie", coatcheck.Options{Carrier: header, Cookie: coatcheck.CookieOptions{Name: "__Host-x"}})
	add("insecure cookie without a cookie", "InsecureCookie", coatcheck.Options{Carrier: form, InsecureCookie: true})
	add("multipart without a form", "Form.Multipart", coatcheck.Options{Form: coatcheck.FormOptions{Multipart: true}})
	add("limit without a form", "Form.MaxBytes", coatcheck.Options{Carrier: header, Form: coatcheck.FormOptions{MaxBytes: 1}})
	add("negative form", "Form.MaxBytes", coatcheck.Options{Carrier: form, Form: coatcheck.FormOptions{MaxBytes: -1}})
	add("huge form", "Form.MaxBytes", coatcheck.Options{Carrier: form, Form: coatcheck.FormOptions{MaxBytes: 64<<20 + 1}})
	refuse(t, list)

	for _, c := range []coatcheck.Carrier{cookie, header, form, inURL, coatcheck.FirstOf(inURL), coatcheck.FirstOf(form, cookie), coatcheck.FirstOf(headers(8)...)} {
		manage(t, shelf(t, nil), &coatcheck.Options{Carrier: c})
	}
	manage(t, shelf(t, nil), &coatcheck.Options{Carrier: coatcheck.FirstOf(header, cookie), InsecureCookie: true, Cookie: coatcheck.CookieOptions{Path: "/x"}})
}

// headers are so many carriers of different names.
func headers(n int) (all []coatcheck.Carrier) {
	for i := range n {
		all = append(all, coatcheck.HeaderCarrier("X-"+strings.Repeat("N", i+1)))
	}
	return all
}

// Sealed sessions travel by cookie or header, whichever the request came with;
// by header, too, a token has a limit.
func TestSealedCarriers(t *testing.T) {
	for what, c := range map[string]coatcheck.Carrier{
		"form":       coatcheck.InsecureFormCarrier("sid"),
		"URL":        coatcheck.InsecureURLCarrier("sid"),
		"chain with": coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.InsecureFormCarrier("sid")),
	} {
		if _, err := coatcheck.New(newDrawer(t), &coatcheck.Options{Carrier: c}); err == nil || !strings.Contains(err.Error(), "Options.Carrier is a form or a URL") {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := newDrawer(t)
	d.open = func(rec *coatcheck.Record) (*coatcheck.Record, error) {
		if rec == nil {
			return nil, coatcheck.ErrNotFound
		}
		return rec, nil
	}
	m := manage(t, d, &coatcheck.Options{Carrier: coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session")), IdleTimeout: time.Hour})
	visit := func(token string, fn func(s *coatcheck.Session)) *http.Response {
		t.Helper()
		v := newVisitor(t, m)
		return v.serveWith(http.Header{"X-Session": {token}}, fn)
	}
	res := visit("", func(s *coatcheck.Session) { motto.Set(s, "sealed") })
	token := res.Header.Get("X-Session")
	if token == "" || len(res.Cookies()) > 0 {
		t.Fatal("a sealed session that asked for the header is not in it")
	}
	visit(token, func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "sealed") })
	res = visit(token, func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
	expectEqual(t, "headers after the end", len(res.Header["X-Session"]), 1)
	expectEqual(t, "cookies after the end", len(res.Cookies()), 0)
	visit(token, func(s *coatcheck.Session) { expectEqual(t, "new", s.IsNew(), true) })
	for _, bad := range []string{"a b", "a.b", strings.Repeat("A", 4097)} {
		visit(bad, func(s *coatcheck.Session) { expectEqual(t, "new", s.IsNew(), true) })
	}

	d.seal = func(coatcheck.Token) (coatcheck.Token, error) { return coatcheck.Token(strings.Repeat("A", 4097)), nil }
	visit("", func(s *coatcheck.Session) {
		motto.Set(s, "long")
		expectError(t, s.Save(t.Context()), coatcheck.ErrTooLarge)
		s.Clear()
	})
}

// serveWith is visit for a client that sends this header.
func (v *visitor) serveWith(header http.Header, fn func(s *coatcheck.Session)) *http.Response {
	v.t.Helper()
	w := &recorded{header: http.Header{}, status: http.StatusOK}
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", "https://site.test/", nil)
	expectNil(v.t, err)
	r.Header = header
	v.m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fn(tcpSession(v.t, r)) })).ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header}
}

// recorded is a ResponseWriter that keeps header and status.
type recorded struct {
	header http.Header
	status int
}

func (w *recorded) Header() http.Header         { return w.header }
func (w *recorded) WriteHeader(status int)      { w.status = status }
func (w *recorded) Write(b []byte) (int, error) { return len(b), nil }
