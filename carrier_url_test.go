package coatcheck_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// offSite are targets that lead elsewhere, or might in some browser.
var offSite = []string{
	"https://evil.test/", "http://evil.test", "HTTPS:evil.test", "//evil.test", "///evil.test", "////evil.test/x", "//evil.test/?sid=x",
	`/\evil.test`, `\\evil.test`, `\/evil.test`, "/\t/evil.test", "\t//evil.test", " //evil.test", "/\n/evil.test", "\x00//evil.test", "/\x7f",
	"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "mailto:a@b.test", "tel:1", "a:b", "1:2", ":x", "#top", "#", "blob:x",
}

// Case 54: what leads off the site is never rewritten, and no Referer, cache
// or log has the token.
func TestCase54NothingLeaks(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureURLCarrier("sid"))
	token := site.kept("mine")
	guarded := func(what string, reply *tcpReply) {
		t.Helper()
		expectEqual(t, what+": Referrer-Policy", strings.Join(reply.Header["Referrer-Policy"], "|"), "no-referrer")
		expectEqual(t, what+": Cache-Control", strings.Join(reply.Header["Cache-Control"], "|"), "no-store")
		site.silent(what, reply)
	}
	reply, is := site.send(carrierRequest{path: "/?sid=" + token})
	guarded("a page", reply)
	expectEqual(t, "link", is.Link, "/next?a=b&sid="+token+"#c")
	expectEqual(t, "field of a form by GET", is.Field+"="+is.Token, "sid="+token)

	// A handler that says otherwise, or never asks, or fails.
	careless := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Began", "yes")
		switch r.URL.Path {
		case "/asks":
			if _, err := coatcheck.FromContext(r.Context()); err != nil {
				coatcheck.Error(w, r, err)
				return
			}
			w.Header().Set("Referrer-Policy", "unsafe-url")
			w.Header().Set("Cache-Control", "public, max-age=60")
		case "/redirect":
			to := r.URL.Query().Get("to")
			if to = tcpSession(t, r).URL(to); r.URL.Query().Has("print") {
				_, _ = io.WriteString(w, to)
				return
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
		}
	}, func(site *tcpSite) {
		site.options.InsecureCookie, site.options.Carrier = false, coatcheck.InsecureURLCarrier("sid")
		site.outside = func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Referrer-Policy", "origin-when-cross-origin")
				h.ServeHTTP(w, r)
			})
		}
	})
	own := (&carrierSite{careless}).kept("mine")
	guarded("a careless page", careless.get("/asks?sid="+own))
	guarded("a page that never asks", careless.get("/?sid="+own))
	guarded("a page that never asks, and a bad token", careless.get("/?sid=x"))
	for _, target := range offSite {
		query := "/redirect?sid=" + own + "&to=" + url.QueryEscape(target)
		reply := careless.get(query + "&print")
		guarded(target, reply)
		expectEqual(t, "what is made of "+target, reply.body, target)
		if _, err := url.Parse(target); err == nil {
			reply := careless.get(query)
			guarded(target, reply)
			if to := reply.Header.Get("Location"); to == "" || strings.Contains(to, own) {
				t.Errorf("a redirect to %q is rewritten, or none: %q", target, to)
			}
		}
	}
	expectEqual(t, "a redirect on the site", careless.get("/redirect?sid="+own+"&to=/here").Header.Get("Location"), "/here?sid="+own)
	careless.breaks()
	reply = careless.get("/asks?sid=" + own)
	expectEqual(t, "status", reply.StatusCode, http.StatusServiceUnavailable)
	guarded("a failure", reply)
}

// Case 54: URL writes the token into links of the site, once.
func TestCase54URL(t *testing.T) {
	const token = fuzzToken
	for target, want := range map[string]string{
		"":                      "?sid=T",
		"/":                     "/?sid=T",
		"/a/b":                  "/a/b?sid=T",
		"a/b":                   "a/b?sid=T",
		"../x?":                 "../x?sid=T",
		"?q=1":                  "?q=1&sid=T",
		"/a?x=1&y=2#z?sid=no":   "/a?x=1&y=2&sid=T#z?sid=no",
		"/a?sid=old&x=1&sid=":   "/a?x=1&sid=T",
		"/a?%73id=old&sidx=1":   "/a?sidx=1&sid=T",
		"/a?u=http://x/":        "/a?u=http://x/&sid=T",
		"/a:b":                  "/a:b?sid=T",
		"./a:b":                 "./a:b?sid=T",
		"/a?q=%zz&;":            "/a?q=%zz&;&sid=T",
		"/ümlaut?q=\u2028":      "/ümlaut?q=\u2028&sid=T",
		"/a%2F%2Fevil.test#top": "/a%2F%2Fevil.test?sid=T#top",
	} {
		got, local := coatcheck.WithToken("sid", target, token)
		if !local || got != strings.ReplaceAll(want, "T", token) {
			t.Errorf("%q becomes %q, local %t", target, got, local)
		}
	}
	for _, target := range offSite {
		if _, local := coatcheck.WithToken("sid", target, token); local {
			t.Errorf("%q counts as a page of the site", target)
		}
	}
	if got, _ := coatcheck.WithToken("sid", "/a?sid=old&x=1#y", ""); got != "/a?x=1#y" {
		t.Errorf("without a session it becomes %q", got)
	}
}

// Case 54: the helper for access logs.
func TestCase54RedactURL(t *testing.T) {
	m := manage(t, shelf(t, nil), &coatcheck.Options{Carrier: coatcheck.InsecureURLCarrier("sid")})
	const token = fuzzToken
	for target, want := range map[string]string{
		"/":                        "/",
		"/sid=T":                   "/sid=T",
		"/a%3Fsid%3DT/b":           "redacted",
		"/a&b%20c/?x":              "/a&b%20c/?x",
		"/?sid=T":                  "/?sid=redacted",
		"?a=b&sid=T#c":             "?a=b&sid=redacted#c",
		"/?sid=T&sid=T;sid=T":      "/?sid=redacted&sid=redacted;sid=redacted",
		"/?%73%69d=T":              "/?%73%69d=redacted",
		"/?a%zz=1&sid%zz=T":        "/?a%zz=1&sid%zz=redacted",
		"/?sid=%zzT":               "/?sid=redacted",
		"/?sid=":                   "/?sid=redacted",
		"/?sid":                    "/?sid",
		"/?x#?sid=T":               "/?x#?sid=redacted",
		"/?next=%2Fa%3Fsid%3DT":    "/?next=redacted",
		"/?n=%253Fsid%253DT&q=%20": "/?n=redacted&q=%20",
		"/?n=%zz%3Fsid%3DT":        "/?n=redacted",
		"/?lid=T&side=1":           "/?lid=T&side=1",
		"https://x.test/?sid=T":    "https://x.test/?sid=redacted",
		"%:?? sid=x?sid=T":         "%:?? sid=x?sid=redacted",
	} {
		target, want = strings.ReplaceAll(target, "T", token), strings.ReplaceAll(want, "T", token)
		if got := m.RedactURL(target); got != want {
			t.Errorf("%q becomes %q, want %q", target, got, want)
		}
	}
	other := manage(t, shelf(t, nil), nil)
	expectEqual(t, "another carrier's", other.RedactURL("/?sid=x"), "/?sid=x")
}

// Case 55: an ID in the URL does nothing to a cookie, nor to the session
// behind it.
func TestCase55CookieUnaffected(t *testing.T) {
	store := shelf(t, nil)
	site := carrierServe(t, coatcheck.InsecureURLCarrier("sid"))
	for _, name := range []string{"id", "guest"} { // the same name, and another one
		byCookie := manage(t, store, &coatcheck.Options{Name: "id", Cookie: coatcheck.CookieOptions{Name: "__Host-id"}})
		byURL := manage(t, store, &coatcheck.Options{Name: name, Carrier: coatcheck.InsecureURLCarrier("sid")})
		hers := newVisitor(t, byCookie).begin()
		s, err := byURL.Open(t.Context(), "")
		expectNil(t, err)
		motto.Set(s, "planted")
		expectNil(t, s.Save(t.Context()))
		both := tcpServe(t, byCookie.Handler(byURL.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := byCookie.FromContext(r.Context())
			expectNil(t, err)
			expectEqual(t, "the cookie's session", motto.Get(c), "carpe diem")
			u, err := byURL.FromContext(r.Context())
			expectNil(t, err)
			expectEqual(t, "the URL's session", motto.Get(u), "planted")
			expectNil(t, u.Login(r.Context(), "eve"))
			expectEqual(t, "the cookie's owner", c.Owner(), "")
		}))).ServeHTTP)
		r, err := http.NewRequest("GET", both.server.URL+"/?sid="+string(s.Token()), nil)
		expectNil(t, err)
		r.Header.Set("Cookie", hers.cookie)
		reply := both.do(r)
		expectEqual(t, "cookies in the response", len(reply.Header["Set-Cookie"]), 0)
		hers.expectMotto("")
	}
	// Alone, it reads no cookie and sets none.
	token := site.kept("mine")
	site.opens("beside any cookie", carrierRequest{path: "/?sid=" + token, header: []string{"Cookie", "__Host-id=" + unknownToken(0) + "; sid=" + unknownToken(1)}}, "mine")
	reply, is := site.send(carrierRequest{path: "/?do=set&note=x&sid=" + unknownToken(0)})
	site.silent("a birth", reply)
	if is.New || len(is.Token) != 43 || is.Token == unknownToken(0) {
		t.Error("nothing was born, or under the client's token")
	}
}

// Requirement 15: a token of a URL opens nothing by another carrier, nor the
// other way round, though name and store are the same.
func TestRequirement15NamespaceOfItsOwn(t *testing.T) {
	store := shelf(t, nil)
	carriers := map[string]coatcheck.Carrier{"cookie": nil, "bearer": coatcheck.HeaderCarrier("Authorization"), "header": coatcheck.HeaderCarrier("X-Session"),
		"form": coatcheck.InsecureFormCarrier("sid"), "url": coatcheck.InsecureURLCarrier("sid")}
	opens := func(from, to string) bool {
		issuer := manage(t, store, &coatcheck.Options{Carrier: carriers[from]})
		s, err := issuer.Open(t.Context(), "")
		expectNil(t, err)
		expectNil(t, s.Login(t.Context(), "ada"))
		opened := false
		site := &carrierSite{tcpServe(t, manage(t, store, &coatcheck.Options{Carrier: carriers[to]}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			opened = tcpSession(t, r).Owner() == "ada"
			_, _ = w.Write([]byte("{}"))
		})).ServeHTTP)}
		site.send(ways(string(s.Token()))[to])
		return opened
	}
	for from := range carriers {
		for to := range carriers {
			if want := (from == "url") == (to == "url"); opens(from, to) != want {
				t.Errorf("a token of %s by %s: opens is %t", from, to, !want)
			}
		}
	}
}

// Requirement 15: two tokens in a URL open nothing, and malformed ones are not
// looked up.
func TestRequirement15Forms(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureURLCarrier("sid"))
	token := site.kept("mine")
	site.opens("among others", carrierRequest{path: "/?a=b&sid=" + token + "&c"}, "mine")
	site.opens("by POST", post("/?sid="+token, "sid", unknownToken(0)), "mine")
	site.opens("encoded", carrierRequest{path: "/?%73id=%" + hexOf(token[0]) + token[1:]}, "mine")
	for query, reason := range map[string]string{"sid=x": "length", "sid=" + token + "x": "length", "sid=%zz": "length", "sid=" + token[:42] + "B": "trailing bits",
		"sid=" + token + "&sid=" + token: "ambiguous", "sid=&sid=" + token: "ambiguous", "sid=" + token + ";x": "length"} {
		site.stranger(query, carrierRequest{path: "/?" + query}, reason)
	}
	for _, query := range []string{"sid", "sid=", "SID=" + token, "xsid=" + token, "x;sid=" + token} {
		site.stranger(query, carrierRequest{path: "/?" + query})
	}
	site.stranger("a fragment of a path", carrierRequest{path: "/sid=" + token})
}

// hexOf is a byte as two digits.
func hexOf(b byte) string { return string("0123456789ABCDEF"[b>>4]) + string("0123456789ABCDEF"[b&15]) }

// What a handler says to some caches only does not outweigh no-store in a page
// that may have a token.
func TestPagesAndTheirCaches(t *testing.T) {
	for _, c := range []coatcheck.Carrier{coatcheck.InsecureFormCarrier("sid"), coatcheck.InsecureURLCarrier("sid")} {
		site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Cache-Control", "public, max-age=60")
			for _, name := range []string{"CDN-Cache-Control", "Example-CDN-Cache-Control", "Surrogate-Control", "X-Accel-Expires"} {
				h.Set(name, "max-age=60")
			}
			tcpNote.Set(tcpSession(t, r), "born")
		}, func(site *tcpSite) { site.options.InsecureCookie, site.options.Carrier = false, c })
		reply := site.get("/")
		expectEqual(t, "Cache-Control", strings.Join(reply.Header["Cache-Control"], "|"), "no-store")
		for name := range reply.Header {
			if name != "Cache-Control" && name != "Date" && name != "Content-Length" && name != "Referrer-Policy" {
				t.Errorf("%s: %q", name, reply.Header[name])
			}
		}
	}
}

// Case 54: an error page in the place of one that failed to be saved keeps the
// URL to itself, whatever the handler has said before.
func TestCase54FailedSave(t *testing.T) {
	site := &carrierSite{tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "unsafe-url")
		tcpNote.Set(tcpSession(t, r), "never saved")
	}, func(site *tcpSite) {
		site.options.InsecureCookie, site.options.Carrier = false, coatcheck.InsecureURLCarrier("sid")
	})}
	token := site.kept("mine")
	site.breaks(coatchecktest.OpReplace)
	reply := site.get("/?sid=" + token)
	expectEqual(t, "status", reply.StatusCode, http.StatusServiceUnavailable)
	expectEqual(t, "Referrer-Policy", strings.Join(reply.Header["Referrer-Policy"], "|"), "no-referrer")
}
