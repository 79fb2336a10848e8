package demo_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// Every page is whole, brings no script and no style of its own but the file
// that makes it live, and asks nobody but the site.
func TestEveryPage(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/cart", "good", "hat", "do", "add")
	for _, owner := range []string{"", "ada"} {
		if owner != "" {
			b.submit("/login", "name", owner)
		}
		for _, path := range []string{"/", "/cart", "/login", "/sessions", "/goodbye", "/nowhere"} {
			a := b.get(path)
			if a.StatusCode != http.StatusOK && path != "/nowhere" {
				t.Errorf("%s: %s", path, a.Status)
			}
			checkPage(t, path, a)
		}
	}
}

// inline is what the policy forbids.
var inline = regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=|javascript:`)

func checkPage(t *testing.T, path string, a answer) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("%s: Content-Type %q", path, got)
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: Cache-Control %q: the back button shows it after a logout", path, got)
	}
	want(t, a.body, "<!doctype html>", `<html lang="en">`, "<title>", `name="viewport"`, "</html>")
	if found := inline.FindString(strings.Replace(a.body, `<script src="/live.js" defer></script>`, "", 1)); found != "" {
		t.Errorf("%s: %q on the page", path, found)
	}
	for _, m := range regexp.MustCompile(`(?:href|src|action)="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		if !strings.HasPrefix(m[1], "/") && m[1] != "#main" || strings.HasPrefix(m[1], "//") {
			t.Errorf("%s: leads to %q", path, m[1])
		}
	}
	checkHeaders(t, path, a.Header)
}

func checkHeaders(t *testing.T, path string, h http.Header) {
	t.Helper()
	policy := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%s: the policy %q lacks %s", path, policy, part)
		}
	}
	if strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: policy %q, nosniff %q", path, policy, h.Get("X-Content-Type-Options"))
	}
}

func TestAssets(t *testing.T) {
	b := newBrowser(t, start(t))
	for path, kind := range map[string]string{"/style.css": "text/css; charset=utf-8", "/favicon.svg": "image/svg+xml", "/live.js": "text/javascript; charset=utf-8"} {
		a := b.get(path)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != kind || a.body == "" {
			t.Errorf("%s: %s, %q", path, a.Status, a.Header.Get("Content-Type"))
		}
		checkHeaders(t, path, a.Header)
		if strings.Contains(a.body, "@import") || strings.Contains(a.body, "url(") {
			t.Errorf("%s asks for more", path)
		}
		r := request(t, "GET", b.base+path, nil)
		r.Header.Set("If-None-Match", a.Header.Get("ETag"))
		if again := b.do(r); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %s", path, again.Status)
		}
	}
	if b.ticket() != "" {
		t.Error("an asset set a cookie")
	}
}

// The counter counts in its session, and the foot of the page tells how.
func TestHome(t *testing.T) {
	b := newBrowser(t, start(t))
	first := b.page("/")
	id := match(t, first, `<p class="id"><code>([0-9a-f]{12})</code>`)
	want(t, first, "0001", "<strong>once</strong>", "came without a ticket", "Session "+id+" was born", "nobody yet", "1 key")
	again := b.page("/")
	want(t, again, "0002", "<strong>2 times</strong>", "Your ticket opened session "+id, "saved before the first byte")
	without(t, again, "was born")
	want(t, newBrowser(t, b.base).page("/"), "0001")
}

// The commands that one is to copy run what they say, whatever name of a host
// has led here.
func TestHomeQuotesItsHost(t *testing.T) {
	b := newBrowser(t, start(t))
	r := request(t, "GET", b.base+"/", nil)
	r.Host = "a';reboot;'.test"
	want(t, b.do(r).body, `'http://a%27;reboot;%27.test/count'`)
}

// A stranger's ticket is named for what it is.
func TestHomeTellsOfUnknownTicket(t *testing.T) {
	base := start(t)
	want(t, show(t, base, "/", strings.Repeat("A", 43)).body, "opens nothing here. It was not adopted.", "0001")
	two := strings.Repeat("A", 43) + "; id=" + strings.Repeat("B", 43)
	want(t, show(t, base, "/", two).body, "0001")
}

// A page that changes nothing stores nothing and sets no cookie.
func TestLookingStoresNothing(t *testing.T) {
	store := newStore(t)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	for _, path := range []string{"/cart", "/login", "/sessions", "/goodbye", "/nowhere"} {
		a := b.get(path)
		if a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: a cookie was set", path)
		}
		if path != "/nowhere" {
			want(t, a.body, "There is no session: nothing about you is stored.")
		}
	}
	if n := store.Calls(); n != 0 {
		t.Errorf("%d calls to the store", n)
	}
}

// A wrong method is refused with those that are right.
func TestMethods(t *testing.T) {
	b := newBrowser(t, start(t))
	for method, path := range map[string]string{"PUT": "/cart", "DELETE": "/sessions", "POST": "/count"} {
		a := b.do(request(t, method, b.base+path, nil))
		if a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
			t.Errorf("%s %s: %s, Allow %q", method, path, a.Status, a.Header.Get("Allow"))
		}
	}
	if a := b.get("/sessions/revoke"); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of a form's address: %s", a.Status)
	}
	r := request(t, "HEAD", b.base+"/cart", nil)
	if a := b.do(r); a.StatusCode != http.StatusOK || a.body != "" {
		t.Errorf("HEAD /cart: %s, %q", a.Status, a.body)
	}
}

// Forms come from the site's own pages only.
func TestFormsRefuseOtherSites(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/login", "name", "ada")
	ticket := b.ticket()
	for _, path := range []string{"/login", "/logout", "/cart", "/sessions/revoke", "/sessions/others"} {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r := request(t, "POST", b.base+path, strings.NewReader("name=eve&good=hat&do=add"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			if name == "Origin" {
				r.Header["Sec-Fetch-Site"] = nil // as older browsers do
			}
			if a := b.do(r); a.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s with %s %s: %s", path, name, value, a.Status)
			}
		}
	}
	if b.ticket() != ticket {
		t.Error("the ticket changed")
	}
	want(t, b.page("/cart"), "It is empty.", "ada")
}

// Forms that make no sense change nothing.
func TestFormComplaints(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/login", "name", "ada")
	for _, c := range []struct {
		path   string
		fields []string
		status int
		text   string
	}{
		{"/login", nil, 400, "A name is missing."},
		{"/login", []string{"name", "  "}, 400, "A name is missing."},
		{"/login", []string{"name", strings.Repeat("x", 65)}, 400, "at most 64"},
		{"/login", []string{"name", "a\x00b"}, 400, "no control characters"},
		{"/login", []string{"name", "a\u202eb"}, 400, "no control characters"},
		{"/login", []string{"name", "\u200d"}, 400, "nor any that cannot be seen"},
		{"/login", []string{"name", "\xff"}, 400, "valid UTF-8"},
		{"/cart", nil, 400, "no such thing"},
		{"/cart", []string{"good", "<b>"}, 400, "no such thing"},
		{"/cart", []string{"good", "hat"}, 400, "add, less, remove and set"},
		{"/cart", []string{"good", "hat", "do", "eat"}, 400, "add, less, remove and set"},
		{"/cart", []string{"good", "hat", "do", "set"}, 400, "from 0 to 99"},
		{"/cart", []string{"good", "hat", "do", "set", "many", "-1"}, 400, "from 0 to 99"},
		{"/cart", []string{"good", "hat", "do", "set", "many", "100"}, 400, "from 0 to 99"},
		{"/cart", []string{"good", "hat", "do", "set", "many", "two"}, 400, "from 0 to 99"},
		{"/cart", []string{"good", strings.Repeat("x", 17<<10)}, 413, "longer than any of ours"},
		{"/sessions/revoke", nil, 400, "That is no session."},
		{"/sessions/revoke", []string{"id", "../x"}, 400, "That is no session."},
		{"/sessions/revoke", []string{"id", strings.Repeat("0", 64)}, 404, "You have no such session"},
	} {
		a := b.post(c.path, c.fields...)
		if a.StatusCode != c.status {
			t.Errorf("%s %.60q: %s, want %d", c.path, c.fields, a.Status, c.status)
		}
		want(t, a.body, c.text)
		checkPage(t, c.path, a)
	}
	r := request(t, "POST", b.base+"/cart", io.NopCloser(strings.NewReader("good=%zz")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := b.do(r); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a garbled form: %s", a.Status)
	}
	want(t, b.page("/cart"), "It is empty.", "ada")
}
