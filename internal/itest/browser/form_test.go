//go:build unix

package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// form is the demo with its tickets in forms, on a host whose cookies the browser
// blocks.
func form(s *stage) *site { return s.form }

// The whole site works in a browser that keeps no cookies.
func TestCookiesDisabled(t *testing.T) {
	b := newDevice(t, form)
	b.open("/")
	b.sees("0001", "no cookie: the forms of each page have your ticket")
	if got := run(b, chromedp.Evaluate[string](`document.cookie = "probe=1; Secure"; document.cookie`)); got != "" {
		t.Fatalf("the browser takes cookies of this site: %q", got)
	}
	b.turn("/")
	b.sees("0002")
	b.turn("/cart")
	b.add("hat")
	old := b.ticket()
	b.turn("/login")
	b.enter("maria")
	b.sees("You got a new ticket", "Your cart came along.", "0003")
	if b.ticket() == old {
		t.Error("the login has kept the ticket")
	}
	b.turn("/cart")
	b.sees("Felt hat", "€ 12.90", "Together")
	b.turn("/sessions")
	b.sees("Everywhere that maria is logged in.")
	last := b.ticket()
	b.press(`form[action="/logout"] button`)
	b.sees("Goodbye", "There is no session")
	for _, dead := range []string{old, last} {
		b.show(dead)
		b.sees("you are nobody yet")
		b.misses("maria")
	}
	if all := b.cookies(); len(all) > 0 {
		t.Errorf("the cookies are %+v", all)
	}
}

// Without cookies, too, "Log out everywhere else" makes the other device nobody
// at its next click.
func TestLogoutEverywhereElseWithoutCookies(t *testing.T) {
	desk, phone := newDevice(t, form), newDevice(t, form)
	sonia := newOwner("sonia")
	for _, b := range []*tab{desk, phone} {
		b.open("/login")
		b.enter(sonia)
	}
	desk.turn("/sessions")
	desk.press(`form[action="/sessions/others"] button`)
	desk.sees("1 other session ended.", "This is the only one.")
	phone.turn("/cart")
	phone.sees("Log in")
	phone.misses(sonia)
	desk.turn("/")
	desk.sees(sonia, "Log out")
}

// turn goes to a page by the site's menu, whose entries are buttons of a form.
func (b *tab) turn(path string) {
	b.t.Helper()
	b.press(`.bar button[formaction="/to` + path + `"]`)
	if at := run(b, chromedp.Location()); at != b.site.url+"/to"+path {
		b.t.Errorf("the address is %s", at) // and must not have the ticket in it
	}
}

// ticket is what the page's forms hand on.
func (b *tab) ticket() string {
	b.t.Helper()
	return run(b, chromedp.Value(chromedp.CSS(`#go input[name="session"]`)))
}

// show asks for the list of sessions with another ticket than the page's own.
func (b *tab) show(ticket string) {
	b.t.Helper()
	b.open("/")
	b.do(chromedp.SetValue(chromedp.CSS(`#go input[name="session"]`), ticket))
	b.press(`.bar button[formaction="/to/sessions"]`)
}
