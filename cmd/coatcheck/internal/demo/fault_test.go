package demo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// A store that is down is a page that says so, never a stranger's page.
func TestPagesWithoutStore(t *testing.T) {
	store := newStore(t)
	burns := burnable(store)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	b.submit("/login", "name", "ada")
	ticket := b.ticket()
	burns.Store(true)
	for _, path := range []string{"/", "/cart", "/login", "/sessions"} {
		a := b.get(path)
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %s, Set-Cookie %q", path, a.Status, a.Header.Get("Set-Cookie"))
		}
		want(t, a.body, "The cloakroom is closed for a moment")
		without(t, a.body, "Log in", "on fire")
		checkPage(t, path, a)
	}
	for path, fields := range map[string][]string{"/login": {"name", "eve"}, "/logout": nil, "/cart": {"good", "hat", "do", "add"}, "/sessions/others": nil} {
		if a := b.post(path, fields...); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Location") != "" {
			t.Errorf("POST %s: %s, Location %q", path, a.Status, a.Header.Get("Location"))
		}
	}
	burns.Store(false)
	want(t, b.page("/sessions"), "1 session found by owner")
	if b.ticket() != ticket {
		t.Error("the ticket changed")
	}
}

// A click that comes too late for its session gets a page that says so.
func TestPageOfGoneSession(t *testing.T) {
	store := newStore(t)
	loads := newGate(store)
	base := serve(t, newSite(t, store, demo.Options{InsecureCookie: true}))
	b := newBrowser(t, base)
	b.submit("/login", "name", "ada")
	other := newBrowser(t, base)
	other.c.Jar = b.c.Jar
	late := make(chan answer)
	reached, open := loads.shut()
	go func() { late <- b.post("/cart", "good", "hat", "do", "add") }()
	<-reached
	other.submit("/logout")
	open()
	a := <-late
	if a.StatusCode != http.StatusConflict || a.Header.Get("Set-Cookie") != "" || a.Header.Get("Location") != "" {
		t.Errorf("%s, headers %v", a.Status, a.Header)
	}
	want(t, a.body, "That ticket has been handed in")
	checkPage(t, "/cart", a)
}

// What a tool put where a page keeps its own costs no more than that session,
// and the way out is on the page.
func TestPageOfForeignValue(t *testing.T) {
	b := newBrowser(t, start(t))
	for key, path := range map[string]string{"views": "/", "cart": "/cart"} {
		b.tool("/set?k=" + key + "&v=abc")
		a := b.get(path)
		if a.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %s", path, a.Status)
		}
		want(t, a.body, "something else in that pocket", `action="/logout"`)
	}
	want(t, b.submit("/logout"), "Goodbye")
	want(t, b.page("/"), "0001")
}

// A form that would make the session too large changes nothing.
func TestPageOfFullSession(t *testing.T) {
	b := newBrowser(t, start(t))
	for _, key := range []string{"a", "b", "c"} {
		b.tool("/set?k=" + key + "&v=" + strings.Repeat("x", 16<<10))
	}
	b.tool("/set?k=d&v=" + strings.Repeat("x", 16300))
	a := b.post("/cart", "good", "hat", "do", "add")
	if a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%s", a.Status)
	}
	want(t, a.body, "too heavy")
	if got := b.tool("/keys").body; got != "4\n" {
		t.Errorf("%q keys", got)
	}
}
