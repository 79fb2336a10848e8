package coatcheck_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A carrierSite is a site with some carrier, whose page says what it found. Its
// client keeps nothing between requests.
type carrierSite struct{ *tcpSite }

// A found is what the page says.
type found struct {
	Note, Owner string
	New         bool
	Form        url.Values // what the handler finds in the form
	Field       string     // of Session.FormField
	Token       string
	Link        string // of Session.URL("/next?a=b#c")
}

// carrierServe starts a site with a carrier.
func carrierServe(t testing.TB, c coatcheck.Carrier, setup ...func(*tcpSite)) *carrierSite {
	t.Helper()
	page := func(w http.ResponseWriter, r *http.Request) { carrierPage(t, w, r) }
	site := &carrierSite{tcpServe(t, page, append([]func(*tcpSite){func(site *tcpSite) {
		site.options.InsecureCookie = false
		site.options.Carrier = c
	}}, setup...)...)}
	site.browser.Jar = nil
	return site
}

// carrierPage does what the parameter "do" says, and tells what it found.
func carrierPage(t testing.TB, w http.ResponseWriter, r *http.Request) {
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		coatcheck.Error(w, r, err)
		return
	}
	switch ctx := r.Context(); r.URL.Query().Get("do") {
	case "set":
		tcpNote.Set(s, r.URL.Query().Get("note"))
	case "login":
		expectNil(t, s.Login(ctx, "ada"))
	case "renew":
		expectNil(t, s.Renew(ctx))
	case "destroy":
		expectNil(t, s.Destroy(ctx))
	case "persist":
		s.SetPersistent(true)
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil && err != http.ErrNotMultipart {
		t.Errorf("the handler cannot read the form: %v", err)
	}
	is := found{Note: tcpNote.Get(s), Owner: s.Owner(), Form: r.PostForm, Link: s.URL("/next?a=b#c")}
	is.Field, is.Token = s.FormField()
	is.New = s.IsNew()
	_ = json.NewEncoder(w).Encode(is)
}

// A carrierRequest is one request in its parts. Without a method it is a GET,
// or a POST if it has a body.
type carrierRequest struct {
	method, path, kind, body string
	header                   []string // names and values
}

// post is the request of a form.
func post(path string, fields ...string) carrierRequest {
	var pairs []string
	for i := 0; i < len(fields); i += 2 {
		pairs = append(pairs, url.QueryEscape(fields[i])+"="+url.QueryEscape(fields[i+1]))
	}
	return carrierRequest{path: path, kind: "application/x-www-form-urlencoded", body: strings.Join(pairs, "&")}
}

// send makes a request. What the page says is zero if there is no page.
func (site *carrierSite) send(c carrierRequest) (*tcpReply, found) {
	site.t.Helper()
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	if c.method == "" {
		c.method = "GET"
		if c.kind != "" {
			c.method = "POST"
		}
	}
	if c.path == "" {
		c.path = "/"
	}
	r, err := http.NewRequestWithContext(site.t.Context(), c.method, site.server.URL+c.path, body)
	if err != nil {
		site.t.Fatal(err)
	}
	if c.kind != "" {
		r.Header.Set("Content-Type", c.kind)
	}
	for i := 0; i < len(c.header); i += 2 {
		r.Header[c.header[i]] = append(r.Header[c.header[i]], c.header[i+1])
	}
	reply := site.do(r)
	var is found
	if reply.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(reply.body), &is); err != nil {
			site.t.Errorf("the page says %q: %v", reply.body, err)
		}
	}
	return reply, is
}

// kept stores a session with a note and returns its token.
func (site *carrierSite) kept(note string) string {
	site.t.Helper()
	return string(noted(site.t, site.Manager, note).Token())
}

// reads checks what a token's session holds.
func (site *carrierSite) reads(token, note string) {
	site.t.Helper()
	s, err := site.Open(site.t.Context(), coatcheck.Token(token))
	if err != nil {
		site.t.Fatal(err)
	}
	expectEqual(site.t, "what the store holds", tcpNote.Get(s), note)
}

// stranger checks that a request is nobody's, that it costs no call to the
// store, is answered without any token, and is rejected for this reason.
func (site *carrierSite) stranger(what string, c carrierRequest, reasons ...string) {
	site.t.Helper()
	site.forgetEvents()
	calls := site.store.Calls()
	reply, is := site.send(c)
	expectEqual(site.t, what+": status", reply.StatusCode, http.StatusOK)
	if !is.New || is.Note != "" || is.Token != "" {
		site.t.Errorf("%s: opens a session: %+v", what, is)
	}
	expectEqual(site.t, what+": calls to the store", site.store.Calls()-calls, 0)
	site.silent(what, reply)
	var got []string
	for _, e := range site.seen(coatcheck.EventRejected) {
		got = append(got, e.Reason)
	}
	if !slices.Equal(got, reasons) {
		site.t.Errorf("%s: rejected for %q, want %q", what, got, reasons)
	}
}

// silent checks that a response has no token in its headers.
func (site *carrierSite) silent(what string, reply *tcpReply) {
	site.t.Helper()
	for _, name := range []string{"Set-Cookie", "Session-Token", "X-Session", "Authorization"} {
		if lines := reply.Header[name]; lines != nil {
			site.t.Errorf("%s: the response has %s", what, name)
		}
	}
}

// opens checks that a request opens the session with a note, by one lookup.
func (site *carrierSite) opens(what string, c carrierRequest, note string) found {
	site.t.Helper()
	calls := site.store.Calls()
	reply, is := site.send(c)
	expectEqual(site.t, what+": status", reply.StatusCode, http.StatusOK)
	if is.New || is.Note != note {
		site.t.Errorf("%s: %+v, want note %q", what, is, note)
	}
	expectEqual(site.t, what+": calls to the store", site.store.Calls()-calls, 1)
	return is
}

func (site *carrierSite) forgetEvents() {
	site.mu.Lock()
	defer site.mu.Unlock()
	site.events = nil
}

// multi is a multipart form.
func multi(path string, fields ...string) carrierRequest {
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		b.WriteString("--B\r\nContent-Disposition: form-data; name=\"" + fields[i] + "\"\r\n\r\n" + fields[i+1] + "\r\n")
	}
	b.WriteString("--B--\r\n")
	return carrierRequest{path: path, kind: "multipart/form-data; boundary=B", body: b.String()}
}

// The requests that bring a token, by every way that there is.
func ways(token string) map[string]carrierRequest {
	return map[string]carrierRequest{
		"cookie":    {header: []string{"Cookie", "__Host-id=" + token}},
		"bearer":    {header: []string{"Authorization", "Bearer " + token}},
		"header":    {header: []string{"X-Session", token}},
		"form":      post("/", "sid", token),
		"multipart": multi("/", "sid", token),
		"url":       {path: "/?sid=" + token},
	}
}
