package demo_test

import (
	"net/http"
	"strings"
	"testing"
)

// A login swaps the ticket, keeps the cart, and greets once.
func TestLogin(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/cart", "good", "hat", "do", "add")
	old := b.ticket()
	page := b.submit("/login", "name", "  Ada Lovelace ")
	want(t, page, "Welcome, Ada Lovelace. You got a new ticket", "Your cart came along.", "Log out")
	without(t, b.page("/"), "Welcome")
	if b.ticket() == old {
		t.Error("the ticket is the old one")
	}
	want(t, b.page("/cart"), "Felt hat", "€ 12.90")
	want(t, show(t, b.base, "/cart", old).body, "It is empty.", "opens nothing here", "Log in")
}

// A fresh login has no old ticket to speak of.
func TestLoginAtOnce(t *testing.T) {
	b := newBrowser(t, start(t))
	page := b.submit("/login", "name", "ada")
	want(t, page, "Welcome, ada. Your session is ")
	without(t, page, "the old one", "came along")
}

// Another owner gets nothing of the one before.
func TestLoginAsAnother(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/login", "name", "ada")
	b.submit("/cart", "good", "hat", "do", "add")
	want(t, b.page("/login"), "Log in as someone else")
	want(t, b.submit("/login", "name", "eve"), "What ada had stays behind", "0001")
	want(t, b.page("/cart"), "It is empty.")
}

// A name is data, whatever is in it.
func TestLoginEscapes(t *testing.T) {
	b := newBrowser(t, start(t))
	const name = `<script>alert("1")</script>`
	for _, page := range []string{b.submit("/login", "name", name), b.page("/sessions"), b.page("/login")} {
		want(t, page, "&lt;script&gt;")
		without(t, page, "<script>")
	}
}

// "Keep me logged in" makes the cookie outlive the browser, for as long as the
// session can.
func TestLoginStays(t *testing.T) {
	b := newBrowser(t, start(t))
	if c := b.post("/login", "name", "ada").Header.Get("Set-Cookie"); strings.Contains(c, "Max-Age") {
		t.Errorf("an ordinary login sets %s", c)
	}
	if c := b.post("/login", "name", "ada", "stay", "yes").Header.Get("Set-Cookie"); !strings.Contains(c, "Max-Age=43") {
		t.Errorf("a login that stays sets %s", c)
	}
	want(t, b.page("/sessions"), "outlives the browser’s closing")
}

// A logout deletes the session, takes the cookie away, and leaves nothing.
func TestLogout(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/login", "name", "ada")
	old := b.ticket()
	a := b.post("/logout")
	if c := a.Header.Get("Set-Cookie"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(c, "id=;") || !strings.Contains(c, "Max-Age=0") {
		t.Errorf("%s, Set-Cookie %q", a.Status, c)
	}
	want(t, b.page(a.Header.Get("Location")), "Goodbye", "There is no session")
	if b.ticket() != "" {
		t.Error("the browser still has a ticket")
	}
	want(t, show(t, b.base, "/sessions", old).body, "you are nobody yet", "opens nothing here")
	want(t, b.submit("/login", "name", "ada"), "0001")
	want(t, b.page("/goodbye"), "You are still here")
}
