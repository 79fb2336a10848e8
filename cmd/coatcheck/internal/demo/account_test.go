package demo_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// The list says from which network each session is.
func TestSessionsTellTheNetwork(t *testing.T) {
	laptop, _ := pair(t)
	page := laptop.page("/sessions")
	if n := strings.Count(page, "<dt>From</dt><dd>127.0.0.0/24</dd>"); n != 2 {
		t.Errorf("%d sessions have a network:\n%s", n, page)
	}
}

// Whoever stays logged in does so for as long as the option says.
func TestRemember(t *testing.T) {
	b := newBrowser(t, serve(t, newSite(t, newStore(t), demo.Options{Remember: 30 * 24 * time.Hour, InsecureCookie: true})))
	for _, test := range []struct {
		stay string
		want string
	}{{"yes", "Max-Age=259"}, {"", ""}} {
		a := b.post("/login", "name", "ada", "stay", test.stay)
		if line := a.Header.Get("Set-Cookie"); !strings.Contains(line, test.want) || strings.Contains(line, "Max-Age") != (test.want != "") {
			t.Errorf("stay %q: Set-Cookie %q", test.stay, line)
		}
	}
}

// An account has at most so many sessions: one of those before goes.
func TestMaxSessions(t *testing.T) {
	base := serve(t, newSite(t, newStore(t), demo.Options{MaxSessions: 2, InsecureCookie: true}))
	var all []*browser
	for range 3 {
		b := newBrowser(t, base)
		b.submit("/login", "name", "ada")
		all = append(all, b)
	}
	want(t, all[2].page("/sessions"), "2 sessions found by owner")
	nobody := 0
	for _, b := range all[:2] { // chance decides between logins of one moment
		if strings.Contains(b.page("/sessions"), "you are nobody yet") {
			nobody++
		}
	}
	if nobody != 1 {
		t.Errorf("%d sessions have ended", nobody)
	}
}

// Too many new visitors of one network are told so, by a page and by a line.
// Who is logged in, or logs in, is not among them.
func TestNewPerMinute(t *testing.T) {
	base := serve(t, newSite(t, newStore(t), demo.Options{NewPerMinute: 1, InsecureCookie: true}))
	first := newBrowser(t, base)
	want(t, first.page("/"), "You have seen this page")
	a := newBrowser(t, base).get("/")
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s, headers %v", a.Status, a.Header)
	}
	want(t, a.body, "One coat at a time, please")
	res, err := http.Get(base + "/count")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("a tool: %s, headers %v", res.Status, res.Header)
	}
	first.submit("/login", "name", "ada")
	want(t, newBrowser(t, base).submit("/login", "name", "ada"), "Welcome, ada")
}
