//go:build unix

package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// "Log out everywhere else" makes the owner's other devices nobody at their next
// click, and leaves this one and other owners alone.
func TestLogoutEverywhereElse(t *testing.T) {
	desk, phone, other := newDevice(t, shop), newDevice(t, shop), newDevice(t, shop)
	edsger := newOwner("edsger")
	desk.login(edsger)
	phone.login(edsger)
	other.login("barbara")
	phone.open("/cart")
	phone.add("hat")
	old := phone.cookie().Value

	desk.open("/sessions")
	if n := len(desk.devices()); n != 2 {
		t.Errorf("%d devices are listed:\n%s", n, desk.text("main"))
	}
	desk.press(`form[action="/sessions/others"] button`)
	desk.sees("1 other session ended.", "This is the only one.")

	phone.press(`nav a[href="/cart"]`)
	phone.sees("It is empty.", "Log in")
	phone.misses(edsger)
	if page := desk.site.ask(t, "/sessions", old); strings.Contains(page, edsger) {
		t.Errorf("the old ticket opens\n%s", page)
	}
	desk.open("/")
	desk.sees(edsger, "Log out")
	other.open("/sessions")
	other.sees("Everywhere that barbara is logged in.")
}

// A session that is ended from the list is the one that ends.
func TestEndOneSession(t *testing.T) {
	desk, phone, tablet := newDevice(t, shop), newDevice(t, shop), newDevice(t, shop)
	tony := newOwner("tony")
	for _, b := range []*tab{desk, phone, tablet} {
		b.login(tony)
	}
	lost := phone.session()
	desk.open("/sessions")
	if all := desk.devices(); len(all) != 3 || !strings.Contains(strings.Join(all, "\n"), lost) {
		t.Errorf("the devices are %q, and the phone has %s", all, lost)
	}
	desk.press(`form[action="/sessions/revoke"] button[aria-label$="` + lost + `"]`)
	desk.sees("Session " + lost + " has ended.")
	if all := desk.devices(); len(all) != 2 || strings.Contains(strings.Join(all, "\n"), lost) {
		t.Errorf("the devices are %q, and %s has ended", all, lost)
	}
	phone.press(`nav a[href="/"]`)
	phone.sees("Log in", "0001")
	phone.misses(tony)
	tablet.press(`nav a[href="/sessions"]`)
	tablet.sees("Everywhere that " + tony + " is logged in.")
}

// A form on another site can neither log a visitor out nor speak for him.
func TestForeignFormIsRefused(t *testing.T) {
	b := newDevice(t, shop)
	b.login("radia")
	evil := b.another()
	for _, path := range []string{"/logout", "/sessions/others", "/login"} {
		evil.do(chromedp.Navigate("about:blank"))
		run(evil, chromedp.Evaluate[string](`document.body.innerHTML =
			'<form method="post" action="`+b.site.url+path+`"><input name="name" value="mallory"><button>Win</button></form>'`))
		res, err := chromedp.RunResponse(evil.ctx, chromedp.Click(chromedp.CSS("button"), chromedp.NodeVisible))
		if err != nil {
			t.Fatal(err)
		}
		if res.Status != 403 {
			t.Errorf("%s: %d %s", path, res.Status, evil.page())
		}
		evil.sees("This request came from another site, so it was refused.")
	}
	b.open("/sessions")
	b.sees("Everywhere that radia is logged in.")
}

// devices returns the texts of the sessions that are listed.
func (b *tab) devices() []string {
	b.t.Helper()
	return run(b, chromedp.Evaluate[[]string](`Array.from(document.querySelectorAll(".devices li"), li => li.innerText)`))
}

// session returns the short form of the session's ID, from the foot of the page.
func (b *tab) session() string {
	b.t.Helper()
	return b.text(".receipt dl code")
}
