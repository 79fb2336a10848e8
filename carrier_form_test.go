package coatcheck_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// Case 51: a multipart form is not read unless that was asked for; then it is
// bounded, and the handler still has all of it.
func TestCase51Multipart(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"))
	token := site.kept("mine")
	site.stranger("by default", multi("/", "sid", token))
	_, is := site.send(multi("/", "sid", token, "greeting", "hello"))
	expectEqual(t, "what the handler finds", is.Form.Get("greeting"), "hello")

	site = carrierServe(t, coatcheck.InsecureFormCarrier("sid"), func(site *tcpSite) {
		site.options.Form = coatcheck.FormOptions{Multipart: true, MaxBytes: 2000}
	})
	token = site.kept("mine")
	is = site.opens("asked for", multi("/", "greeting", "hello", "sid", token), "mine")
	expectEqual(t, "what the handler finds", is.Form.Get("greeting"), "hello")
	site.opens("the other kind", post("/", "sid", token), "mine")
	site.stranger("twice", multi("/", "sid", token, "sid", token), "ambiguous")
	site.stranger("long", multi("/", "sid", token+token), "length")
	site.stranger("other names", multi("/", "SID", token, "sid2", token, "", token))
	site.refuses("too large", multi("/", "sid", token, "x", strings.Repeat("x", 2000)), http.StatusRequestEntityTooLarge)

	broken := multi("/", "sid", token)
	file := broken
	file.body = strings.Replace(broken.body, `"sid"`, `"sid"; filename="sid"`, 1)
	site.stranger("a file of that name", file, "length")
	broken.body = strings.TrimSuffix(broken.body, "--B--\r\n")
	site.rejects("broken off", broken, "length")
	broken.body += "--B\r\nContent-Disp"
	site.rejects("broken off in the next part", broken, "length")
	broken.kind = "multipart/form-data"
	site.rejects("no boundary", broken)
}

// refuses checks that a request is answered by an error, before anything is
// looked up.
func (site *carrierSite) refuses(what string, c carrierRequest, status int) {
	site.t.Helper()
	calls := site.store.Calls()
	reply, _ := site.send(c)
	expectEqual(site.t, what+": status", reply.StatusCode, status)
	expectEqual(site.t, what+": calls to the store", site.store.Calls()-calls, 0)
	expectEqual(site.t, what+": Cache-Control", reply.Header.Get("Cache-Control"), "no-store")
	site.silent(what, reply)
}

// rejects is stranger for a form that no handler can read either.
func (site *carrierSite) rejects(what string, c carrierRequest, reasons ...string) {
	site.t.Helper()
	calls := site.store.Calls()
	r, err := http.NewRequestWithContext(site.t.Context(), "POST", site.server.URL, strings.NewReader(c.body))
	expectNil(site.t, err)
	r.Header.Set("Content-Type", c.kind)
	w := &allOf{header: http.Header{}}
	site.forgetEvents()
	site.Manager.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		expectEqual(site.t, what+": new", tcpSession(site.t, r).IsNew(), true)
	})).ServeHTTP(w, r)
	expectEqual(site.t, what+": calls to the store", site.store.Calls()-calls, 0)
	expectEqual(site.t, what+": rejections", len(site.seen(coatcheck.EventRejected)), len(reasons))
}

// allOf is a ResponseWriter that takes everything.
type allOf struct{ header http.Header }

func (w *allOf) Header() http.Header         { return w.header }
func (w *allOf) WriteHeader(int)             {}
func (w *allOf) Write(b []byte) (int, error) { return len(b), nil }

// Case 52: a body over the limit is 413, whether its length was announced or
// not, and a field that is there twice opens nothing.
func TestCase52OversizedAndDuplicate(t *testing.T) {
	var told []error
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"), func(site *tcpSite) {
		site.options.Form.MaxBytes = 1000
		site.options.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
			told = append(told, err)
			coatcheck.DefaultErrorHandler(w, r, err)
		}
	})
	token := site.kept("mine")
	just := post("/", "sid", token, "x", strings.Repeat("x", 1000-len("sid="+token+"&x=")))
	expectEqual(t, "length", len(just.body), 1000)
	site.opens("just so long", just, "mine")
	just.body += "x"
	site.refuses("one more", just, http.StatusRequestEntityTooLarge)
	site.refuses("much more", post("/", "sid", token, "x", strings.Repeat("x", 300_000)), http.StatusRequestEntityTooLarge)
	expectEqual(t, "status of a body of unknown length", site.chunked("sid="+token+"&x="+strings.Repeat("x", 1000)), http.StatusRequestEntityTooLarge)
	expectEqual(t, "status of a short one", site.chunked("sid="+token), http.StatusOK)
	for _, err := range told {
		if large := (*http.MaxBytesError)(nil); !errors.As(err, &large) || large.Limit != 1000 || strings.Contains(err.Error(), token) {
			t.Errorf("ErrorHandler is told %v", err)
		}
	}
	expectEqual(t, "calls of ErrorHandler", len(told), 3)

	for what, c := range map[string]carrierRequest{
		"the same":        post("/", "sid", token, "sid", token),
		"bogus and valid": post("/", "sid", "x", "sid", token),
		"valid and bogus": post("/", "sid", token, "a", "b", "sid", unknownToken(0)),
		"empty and valid": post("/", "sid", "", "sid", token),
		"encoded name":    {kind: "application/x-www-form-urlencoded", body: "sid=" + token + "&%73i%64=" + token},
		"twelve":          {kind: "application/x-www-form-urlencoded", body: strings.Repeat("sid="+token+"&", 12)},
	} {
		site.stranger(what, c, "ambiguous")
		expectEqual(t, what+": duplicates", len(site.seen(coatcheck.EventDuplicate)), 1)
	}
	for value, reason := range map[string]string{"x": "length", token[:42] + "B": "trailing bits", token[:42] + "%2B": "characters", "%zz" + token[:40]: "length"} {
		site.stranger("malformed", carrierRequest{kind: "application/x-www-form-urlencoded", body: "sid=" + value}, reason)
	}
	site.reads(token, "mine")
}

// chunked sends a form without a Content-Length and returns the status.
func (site *carrierSite) chunked(body string) int {
	site.t.Helper()
	conn, err := net.Dial("tcp", site.server.Listener.Addr().String())
	if err != nil {
		site.t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		site.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// Case 53: a form's token counts in the body of a POST, and nowhere else.
func TestCase53OnlyInThePostedBody(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"))
	token := site.kept("mine")
	inBody := post("/", "sid", token)
	for what, c := range map[string]carrierRequest{
		"GET with a query":             {path: "/?sid=" + token},
		"HEAD with a query":            {path: "/?sid=" + token, method: "HEAD"},
		"POST with a query":            post("/?sid="+token, "a", "b"),
		"POST without a body":          {path: "/?sid=" + token, method: "POST"},
		"GET with a body":              {method: "GET", kind: inBody.kind, body: inBody.body},
		"PUT":                          {method: "PUT", kind: inBody.kind, body: inBody.body},
		"PATCH":                        {method: "PATCH", kind: inBody.kind, body: inBody.body},
		"JSON":                         {kind: "application/json", body: inBody.body},
		"plain text":                   {kind: "text/plain", body: inBody.body},
		"a type that cannot be parsed": {kind: "application/x-www-form-urlencoded;;=", body: inBody.body},
	} {
		if c.method == "HEAD" {
			site.rejects(what, c)
			continue
		}
		site.stranger(what, c)
	}
	site.opens("a query that says otherwise", post("/?sid="+unknownToken(0), "sid", token), "mine")
	inBody.kind = "Application/X-WWW-Form-Urlencoded; charset=UTF-8"
	site.opens("another spelling", inBody, "mine")
}

// A form's session in its whole life, every page of which hands it on, and is
// kept out of caches.
func TestFormCarrier(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"))
	step := func(path, token string) (*tcpReply, string) {
		t.Helper()
		c := carrierRequest{path: path}
		if token != "" {
			c = post(path, "sid", token, "greeting", "hello")
		}
		reply, is := site.send(c)
		expectEqual(t, "status", reply.StatusCode, http.StatusOK)
		expectEqual(t, "Cache-Control", reply.Header.Get("Cache-Control"), "no-store")
		expectEqual(t, "Vary", reply.Header.Get("Vary"), "")
		expectEqual(t, "field", is.Field, "sid")
		expectEqual(t, "URL", is.Link, "/next?a=b#c")
		site.silent(path, reply)
		if token != "" {
			expectEqual(t, "what the handler finds", is.Form.Get("greeting"), "hello")
		}
		return reply, is.Token
	}
	creates := func() int { return site.store.Calls(coatchecktest.OpCreate) }
	_, token := step("/", "")
	expectEqual(t, "token of a visitor who only looks", token, "")
	expectEqual(t, "records", creates(), 0)
	_, first := step("/?do=set&note=hers", "")
	expectEqual(t, "length of the token", len(first), 43)
	expectEqual(t, "records", creates(), 1)
	_, token = step("/?do=set&note=ours", first)
	expectEqual(t, "token after a change", token == first, true)
	_, token = step("/?do=persist", first)
	expectEqual(t, "token after a wish for a persistent cookie", token == first, true)
	_, second := step("/?do=login", first)
	expectEqual(t, "token after a login", len(second) == 43 && second != first, true)
	site.reads(second, "ours")
	_, token = step("/", first)
	expectEqual(t, "what a page of the old token has", token, "")
	reply, _ := site.send(post("/?do=set&note=late", "sid", first))
	expectEqual(t, "status of a change by the old token", reply.StatusCode, http.StatusConflict)
	_, token = step("/?do=destroy", second)
	expectEqual(t, "token after the end", token, "")
	site.reads(second, "")
}

// A handler finds its form before and behind FromContext, on the request or a
// copy of it, whatever stands around the body, and all of it at any limit.
func TestFormCarrierLeavesTheForm(t *testing.T) {
	const limit = 1000
	for what, read := range map[string]func(w http.ResponseWriter, r *http.Request) string{
		"ParseForm first": func(w http.ResponseWriter, r *http.Request) string {
			x := r.PostFormValue("x")
			return tcpNote.Get(tcpSession(t, r)) + x
		},
		"ParseForm behind": func(w http.ResponseWriter, r *http.Request) string {
			return tcpNote.Get(tcpSession(t, r)) + r.PostFormValue("x")
		},
		"a copy first": func(w http.ResponseWriter, r *http.Request) string {
			x := r.WithContext(context.WithValue(r.Context(), t, 1)).PostFormValue("x")
			return tcpNote.Get(tcpSession(t, r)) + x
		},
		"a copy behind": func(w http.ResponseWriter, r *http.Request) string {
			r = r.WithContext(context.WithValue(r.Context(), t, 1))
			return tcpNote.Get(tcpSession(t, r)) + r.PostFormValue("x")
		},
		"MaxBytesReader": func(w http.ResponseWriter, r *http.Request) string {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			x := r.PostFormValue("x")
			return tcpNote.Get(tcpSession(t, r)) + x
		},
		"half of it first": func(w http.ResponseWriter, r *http.Request) string {
			b := make([]byte, 51)
			_, err := io.ReadFull(r.Body, b)
			expectNil(t, err)
			note := tcpNote.Get(tcpSession(t, r))
			rest, err := io.ReadAll(r.Body)
			expectNil(t, err)
			_, x, _ := strings.Cut(string(b)+string(rest), "&x=")
			return note + x
		},
		"closed behind": func(w http.ResponseWriter, r *http.Request) string {
			x := r.PostFormValue("x")
			expectNil(t, r.Body.Close())
			return tcpNote.Get(tcpSession(t, r)) + x
		},
	} {
		t.Run(what, func(t *testing.T) {
			site := &carrierSite{tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, read(w, r))
			}, func(site *tcpSite) {
				site.options.InsecureCookie, site.options.Carrier = false, coatcheck.InsecureFormCarrier("sid")
				site.options.Form.MaxBytes = limit
			})}
			token := site.kept("mine")
			x := strings.Repeat("x", limit-len("sid=&x=")-len(token))
			r, err := http.NewRequest("POST", site.server.URL, strings.NewReader("sid="+token+"&x="+x))
			expectNil(t, err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			expectEqual(t, "page", site.do(r).body == "mine"+x, true)
		})
	}
}

// A form that is too large for the carrier is still the handler's, if that
// asks for no session, or wants one all the same.
func TestFormCarrierLeavesLargeForms(t *testing.T) {
	body := "x=" + strings.Repeat("x", 200_000)
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"), func(site *tcpSite) { site.options.Form.MaxBytes = 1000 })
	for what, ask := range map[string]bool{"asked": true, "not asked": false} {
		for _, announced := range []bool{true, false} {
			for _, part := range []int{0, 500, 5000} {
				r, err := http.NewRequest("POST", "/", strings.NewReader(body))
				expectNil(t, err)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if !announced {
					r.ContentLength = -1
				}
				site.Manager.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					first := make([]byte, part)
					_, err := io.ReadFull(r.Body, first)
					expectNil(t, err)
					if ask {
						_, err := coatcheck.FromContext(r.Context())
						if large := (*http.MaxBytesError)(nil); !errors.As(err, &large) {
							t.Errorf("FromContext: %v", err)
						}
					}
					rest, err := io.ReadAll(r.Body)
					expectNil(t, err)
					expectEqual(t, what, string(first)+string(rest) == body, true)
					w.WriteHeader(http.StatusTeapot)
				})).ServeHTTP(&allOf{header: http.Header{}}, r)
			}
		}
	}
}

// A form whose length tells that it is too large is not read at all, and one
// that the handler has read counts as if it had not.
func TestFormCarrierLimits(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"), func(site *tcpSite) { site.options.Form.MaxBytes = 1000 })
	large := (*http.MaxBytesError)(nil)
	for what, length := range map[string]int64{"announced": 2000, "read": -1} {
		body := &countingReader{r: strings.NewReader("sid=" + site.kept("mine") + "&x=" + strings.Repeat("x", 2000))}
		r, err := http.NewRequest("POST", "/", body)
		expectNil(t, err)
		r.ContentLength = length
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		site.Manager.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if length < 0 {
				expectNil(t, r.ParseForm())
			}
			_, err := coatcheck.FromContext(r.Context())
			expectEqual(t, what+" too large", errors.As(err, &large), true)
			expectEqual(t, what+": not read", body.n == 0, length > 0)
		})).ServeHTTP(&allOf{header: http.Header{}}, r)
	}
}

type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// A form that breaks off is an error, and no visitor without a session.
func TestFormCarrierBrokenBody(t *testing.T) {
	site := carrierServe(t, coatcheck.InsecureFormCarrier("sid"))
	broken := errors.New("connection lost")
	r, err := http.NewRequest("POST", "/", io.MultiReader(strings.NewReader("sid="+site.kept("mine")), failingReader{broken}))
	expectNil(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := &allOf{header: http.Header{}}
	site.Manager.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		expectError(t, err, broken)
	})).ServeHTTP(statusOf{w, func(status int) { expectEqual(t, "status", status, http.StatusBadRequest) }}, r)
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

type statusOf struct {
	http.ResponseWriter
	told func(int)
}

func (w statusOf) WriteHeader(status int) { w.told(status) }
