//go:build unix

package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The cookie is the strictest that there is, and the views of all tabs of a
// device are counted together.
func TestCookie(t *testing.T) {
	b := newDevice(t, shop)
	b.open("/")
	b.sees("0001", "once")
	c := b.cookie()
	host, _, _ := strings.Cut(strings.TrimPrefix(b.site.url, "https://"), ":")
	if !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Path != "/" || !c.Session || len(c.Value) != 43 {
		t.Errorf("the cookie is %+v", c)
	}
	if c.Domain != host { // one with a Domain has a dot before it
		t.Errorf("the cookie's domain is %q, want %q", c.Domain, host)
	}
	b.press("a.button[href='/']")
	b.sees("0002", "2 times")
	other := b.another()
	other.open("/")
	other.sees("0003")
	b.open("/")
	b.sees("0004")
	if now := b.cookie(); now.Value != c.Value {
		t.Error("visits have changed the cookie")
	}
}

// A page that only shows stores nothing and sets no cookie.
func TestNoCookieBeforeItIsNeeded(t *testing.T) {
	b := newDevice(t, shop)
	for _, path := range []string{"/cart", "/sessions", "/login"} {
		b.open(path)
		b.sees("There is no session: nothing about you is stored.")
	}
	if all := b.cookies(); len(all) > 0 {
		t.Errorf("the cookies are %+v", all)
	}
}

// Scripts cannot read the cookie, nor write over it.
func TestCookieIsOutOfReachOfScripts(t *testing.T) {
	b := newDevice(t, shop)
	b.open("/")
	before := b.cookie()
	for _, script := range []string{
		`document.cookie = "__Host-id=` + strings.Repeat("A", 43) + `; Path=/; Secure"`,
		`document.cookie = "__Host-id=; Path=/; Secure; Max-Age=0"`,
		`document.cookie = "__Host-id=` + strings.Repeat("B", 43) + `; Path=/cart; Secure"`,
	} {
		run(b, chromedp.Evaluate[string](script))
		if got := run(b, chromedp.Evaluate[string]("document.cookie")); got != "" {
			t.Errorf("a script reads %q", got)
		}
		if now := b.cookie(); now.Value != before.Value {
			t.Errorf("%s: the cookie is another one", script)
		}
	}
	b.open("/")
	b.sees("0002")
}

// A ticket that a script has made up is not taken for one.
func TestPlantedCookieIsNotAdopted(t *testing.T) {
	b := newDevice(t, shop)
	b.open("/style.css") // of the site, and sets no cookie
	planted := strings.Repeat("A", 43)
	b.plant(planted)
	b.open("/")
	b.sees("0001")
	if c := b.cookie(); c.Value == planted || !c.HTTPOnly {
		t.Errorf("the cookie is %+v", c)
	}
}

// Whoever plants a ticket of his own finds it worthless once the victim has
// logged in.
func TestPlantedSessionEndsAtLogin(t *testing.T) {
	thief := newDevice(t, shop)
	thief.open("/")
	ticket := thief.cookie().Value
	victim := newDevice(t, shop)
	victim.open("/style.css")
	victim.plant(ticket)
	victim.open("/")
	victim.sees("0002") // it is the thief's session, up to here
	victim.login("ada")
	if victim.cookie().Value == ticket {
		t.Error("the login has kept the ticket")
	}
	thief.open("/sessions")
	thief.sees("you are nobody yet")
	thief.misses("ada")
}

// plant sets the session's cookie by a script, as a hole in a page might.
func (b *tab) plant(ticket string) {
	b.t.Helper()
	run(b, chromedp.Evaluate[string](`document.cookie = "__Host-id=`+ticket+`; Path=/; Secure"`))
	if c := b.cookie(); c.Value != ticket || c.HTTPOnly {
		b.t.Fatalf("the cookie was not planted: %+v", c)
	}
}
