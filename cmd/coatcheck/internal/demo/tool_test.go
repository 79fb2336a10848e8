package demo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// tool asks a route for tools with the browser's cookies.
func (b *browser) tool(path string) answer {
	b.t.Helper()
	r := request(b.t, "GET", b.base+path, nil)
	res, err := b.c.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return read(b.t, res)
}

func TestTools(t *testing.T) {
	b := newBrowser(t, start(t))
	for _, step := range []struct{ path, want string }{
		{"/nop", "ok\n"},
		{"/keys", "0\n"},
		{"/get?k=count", ""},
		{"/count", "1\n"},
		{"/count", "2\n"},
		{"/get?k=count", "2\n"},
		{"/set?k=colour&v=dark%20green", "ok\n"},
		{"/get?k=colour", "dark green\n"},
		{"/set?k=empty&v=", "ok\n"},
		{"/get?k=empty", "\n"},
		{"/get?k=missing", ""},
		{"/set?k=%C3%A4%22%3C&v=%22quoted%22", "ok\n"},
		{"/get?k=%C3%A4%22%3C", "\"quoted\"\n"},
		{"/keys", "4\n"},
		{"/login?user=ada", "logged in as ada\n"},
		{"/keys", "4\n"},
		{"/count", "3\n"},
		{"/slow?ms=0", "slept 0 ms\n"},
		{"/get?k=slow", "0\n"},
		{"/stream?n=3&ms=0", "1 of 3\n2 of 3\n3 of 3\n"},
		{"/get?k=stream", "ended\n"},
		{"/logout", "logged out\n"},
		{"/keys", "0\n"},
		{"/logout", "logged out\n"},
	} {
		a := b.tool(step.path)
		if a.StatusCode != http.StatusOK || a.body != step.want {
			t.Errorf("%s: %s, %q; want %q", step.path, a.Status, a.body, step.want)
		}
		if got := a.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", step.path, got)
		}
	}
}

// The route that touches no session touches none, whatever ticket comes along.
func TestNopTouchesNoSession(t *testing.T) {
	store := newStore(t)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	b.tool("/count")
	before := store.Calls()
	a := b.tool("/nop")
	if n := store.Calls() - before; n != 0 {
		t.Errorf("/nop made %d calls to the store", n)
	}
	if a.Header.Get("Vary") != "" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("/nop has headers of a session: %v", a.Header)
	}
}

func TestToolComplaints(t *testing.T) {
	b := newBrowser(t, start(t))
	long := strings.Repeat("x", 20<<10)
	for _, c := range []struct {
		path   string
		status int
		text   string
	}{
		{"/set?v=x", 400, "Parameter k is missing."},
		{"/set?k=&v=x", 400, "Parameter k: a key needs a name."},
		{"/set?k=x", 400, "Parameter v is missing."},
		{"/set?k=coatcheck.x&v=x", 400, "reserved"},
		{"/set?k=%ff&v=x", 400, "Parameter k: the name of a key must be valid UTF-8."},
		{"/set?k=x&v=%ff", 400, "Parameter v must be valid UTF-8."},
		{"/set?k=" + long[:129] + "&v=x", 400, "at most 128 are allowed"},
		{"/set?k=x&v=" + long, 400, "Parameter v has 20480 bytes; at most 16384 are allowed."},
		{"/set?k=x&v=x&v=y", 400, "Parameter v is given 2 times; give it once."},
		{"/set?k=x&v=%zz", 400, "The query is malformed."},
		{"/set?k=x;v=x", 400, "The query is malformed."},
		{"/get", 400, "Parameter k is missing."},
		{"/get?k=", 400, "Parameter k: a key needs a name."},
		{"/slow", 400, "Parameter ms is missing."},
		{"/slow?ms=", 400, "Parameter ms must be a whole number from 0 to 60000."},
		{"/slow?ms=soon", 400, "Parameter ms must be a whole number from 0 to 60000."},
		{"/slow?ms=-1", 400, "Parameter ms must be a whole number from 0 to 60000."},
		{"/slow?ms=60001", 400, "Parameter ms must be a whole number from 0 to 60000."},
		{"/slow?ms=99999999999999999999", 400, "Parameter ms must be a whole number from 0 to 60000."},
		{"/stream?n=-1", 400, "Parameter n must be a whole number from 0 to 1000."},
		{"/stream?ms=x", 400, "Parameter ms must be a whole number from 0 to 60000."},
		{"/stream?n=1000&ms=60000", 400, "Parameters n and ms make a stream of 60000000 ms; at most 60000 are allowed."},
		{"/login?user=", 400, "A name is missing."},
		{"/login?user=" + long[:65], 400, "That name has 65 bytes; at most 64 are allowed."},
		{"/login?user=%1b[2J", 400, "A name may hold no control characters, nor any that cannot be seen."},
		{"/login?user=%ff", 400, "A name must be valid UTF-8."},
		{"/nowhere", 404, "There is nothing here."},
	} {
		a := b.tool(c.path)
		if a.StatusCode != c.status || !strings.Contains(a.body, c.text) {
			t.Errorf("%.40s: %s, %q; want %d, %q", c.path, a.Status, a.body, c.status, c.text)
		}
		if strings.Count(a.body, "\n") != 1 || !strings.HasSuffix(a.body, "\n") {
			t.Errorf("%.40s: %q is not one line", c.path, a.body)
		}
		if a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%.40s: a cookie was set", c.path)
		}
	}
	if got := b.tool("/keys").body; got != "0\n" {
		t.Errorf("complaints left %q keys", got)
	}
}

// What a tool put where a route keeps its own is left alone.
func TestToolKeepsForeignValue(t *testing.T) {
	b := newBrowser(t, start(t))
	b.tool("/set?k=count&v=abc")
	if a := b.tool("/count"); a.StatusCode != http.StatusConflict {
		t.Errorf("/count of a string: %s, %q", a.Status, a.body)
	}
	if got := b.tool("/get?k=count").body; got != "abc\n" {
		t.Errorf("count is now %q", got)
	}
}

// A session that is full stays as it is.
func TestToolFillsSession(t *testing.T) {
	b := newBrowser(t, start(t))
	value := strings.Repeat("x", 16<<10)
	full := false
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		a := b.tool("/set?k=" + key + "&v=" + value)
		full = a.StatusCode == http.StatusRequestEntityTooLarge
		if full != (key > "c") {
			t.Errorf("/set of %s: %s", key, a.Status)
		}
	}
	if got := b.tool("/keys").body; !full || got != "3\n" {
		t.Errorf("%q keys were stored", got)
	}
}

// A browser that another site steers gets nowhere, not by a plain link either.
func TestToolsRefuseOtherSites(t *testing.T) {
	store := newStore(t)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	for _, path := range []string{"/count", "/set?k=a&v=b", "/get?k=a", "/keys", "/login?user=eve", "/logout", "/slow?ms=0", "/stream", "/big"} {
		r := request(t, "GET", b.base+path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := b.do(r); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %s", path, a.Status)
		}
	}
	if n := store.Calls(); n != 0 {
		t.Errorf("%d calls to the store", n)
	}
}

func TestBig(t *testing.T) {
	b := newBrowser(t, start(t))
	a := b.tool("/big")
	if len(a.body) != 8<<20 || a.ContentLength != 8<<20 {
		t.Errorf("%d bytes, announced %d", len(a.body), a.ContentLength)
	}
}

// A store that is down is an error in one line, and no cookie is set.
func TestToolsWithoutStore(t *testing.T) {
	store := newStore(t)
	burns := burnable(store)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	b.tool("/count")
	ticket := b.ticket()
	burns.Store(true)
	for _, path := range []string{"/count", "/set?k=a&v=b", "/get?k=a", "/keys", "/login?user=ada", "/logout", "/slow?ms=0", "/stream", "/big"} {
		a := b.tool(path)
		if a.StatusCode != http.StatusServiceUnavailable || strings.Count(a.body, "\n") != 1 || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %s, %q, cookie %q", path, a.Status, a.body, a.Header.Get("Set-Cookie"))
		}
	}
	if a := b.tool("/nop"); a.StatusCode != http.StatusOK {
		t.Errorf("/nop: %s", a.Status)
	}
	if b.ticket() != ticket {
		t.Error("the ticket changed")
	}
}
