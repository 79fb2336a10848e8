package demo_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// A ticket that the site has not given out opens nothing and is never adopted.
func TestUnknownTicketIsNotAdopted(t *testing.T) {
	base := start(t)
	b := newBrowser(t, base)
	b.tool("/count")
	dead := b.ticket()
	b.tool("/logout")
	for name, ticket := range map[string]string{
		"made up":   strings.Repeat("A", 43),
		"dead":      dead,
		"malformed": "../../etc/passwd",
		"long":      strings.Repeat("A", 10_000),
		"empty":     "",
	} {
		a := show(t, base, "/count", ticket)
		if a.body != "1\n" || len(a.Cookies()) != 1 {
			t.Errorf("%s: %s, %q, cookies %v", name, a.Status, a.body, a.Cookies())
			continue
		}
		if got := a.Cookies()[0].Value; got == ticket || len(got) != 43 {
			t.Errorf("%s: the new ticket is %q", name, got)
		}
		if got := show(t, base, "/get?k=count", ticket).body; got != "" {
			t.Errorf("%s: the ticket opens a session with count %q", name, got)
		}
	}
}

// On a loopback address the cookie works over plain HTTP; elsewhere it is the
// strictest there is, and pages over plain HTTP warn of that.
func TestCookie(t *testing.T) {
	for _, c := range []struct {
		insecure bool
		want     string
	}{
		{true, "; Path=/; HttpOnly; SameSite=Lax"},
		{false, "; Path=/; HttpOnly; Secure; SameSite=Lax"},
	} {
		b := newBrowser(t, serve(t, newSite(t, newStore(t), demo.Options{InsecureCookie: c.insecure})))
		a := b.get("/")
		name, rest, _ := strings.Cut(a.Header.Get("Set-Cookie"), "=")
		if _, attributes, _ := strings.Cut(rest, ";"); "; "+strings.TrimSpace(attributes) != c.want {
			t.Errorf("insecure %v: attributes %q", c.insecure, attributes)
		}
		if host := strings.HasPrefix(name, "__Host-"); host == c.insecure {
			t.Errorf("insecure %v: name %q", c.insecure, name)
		}
		if warns := strings.Contains(a.body, "may not keep the ticket"); warns == c.insecure {
			t.Errorf("insecure %v: warned %v", c.insecure, warns)
		}
		if got := a.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control %q with a new ticket", got)
		}
	}
}

// Behind a TLS proxy there is nothing to warn of.
func TestCookieBehindProxy(t *testing.T) {
	b := newBrowser(t, serve(t, newSite(t, newStore(t), demo.Options{})))
	r := request(t, "GET", b.base+"/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	without(t, b.do(r).body, "may not keep the ticket")
}

// The two timeouts hold for every visitor, logged in or not, be they shorter or
// longer than the library's own.
func TestTimeouts(t *testing.T) {
	for _, idle := range []time.Duration{2 * time.Second, 3 * time.Hour} {
		for _, login := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) { timesOut(t, idle, login) })
		}
	}
}

// timesOut lets a session idle, and another be used until twice the idle
// timeout, which is the absolute one.
func timesOut(t *testing.T, idle time.Duration, login bool) {
	site := newSite(t, newStore(t), demo.Options{Idle: idle, Absolute: 2 * idle, InsecureCookie: true})
	ticket := ""
	ask := func(path string) string {
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.Header.Set("Cookie", "id="+ticket)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			ticket = c.Value
		}
		return w.Body.String()
	}
	begin := func() {
		ask("/count")
		if login {
			ask("/login?user=ada")
		}
	}
	lives := func(want bool) {
		t.Helper()
		if got := ask("/get?k=count"); (got == "1\n") != want {
			t.Errorf("idle timeout %v, login %v: count is %q", idle, login, got)
		}
	}
	begin()
	time.Sleep(idle - time.Millisecond)
	lives(true)
	time.Sleep(idle)
	lives(false)
	begin()
	for range 3 {
		time.Sleep(idle / 2)
		lives(true)
	}
	time.Sleep(idle / 2)
	lives(false)
}

// Options that contradict each other are refused.
func TestTimeoutsContradict(t *testing.T) {
	_, err := demo.New(newStore(t), &demo.Options{Idle: time.Hour, Absolute: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "IdleTimeout") {
		t.Errorf("an idle timeout over the absolute one: %v", err)
	}
}

// Of a page no cache keeps anything, nor does the browser for its back button.
// What tools get is private, unless it has a new ticket.
func TestPagesAreNotCached(t *testing.T) {
	b := newBrowser(t, start(t))
	b.page("/")
	for path, want := range map[string]string{"/cart": "no-store", "/count": "private"} {
		a := b.get(path)
		if a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") != want || a.Header.Get("Vary") != "Cookie" {
			t.Errorf("%s: %s, Cache-Control %q, Vary %q", path, a.Status, a.Header.Get("Cache-Control"), a.Header.Get("Vary"))
		}
	}
}
