//go:build unix

package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A login swaps the ticket and keeps the cart, and a copy of the old ticket is
// worth nothing.
func TestLogin(t *testing.T) {
	b := newDevice(t, shop)
	b.open("/cart")
	b.add("hat")
	old := b.cookie().Value
	if page := b.site.ask(t, "/cart", old); !strings.Contains(page, "Together") {
		t.Errorf("before the login, a copy of the ticket opens\n%s", page)
	}
	b.login("Ada Lovelace")
	b.sees("You got a new ticket", "Your cart came along.", "Log out")
	now := b.cookie()
	if now.Value == old || !now.Session || !now.HTTPOnly || !now.Secure {
		t.Errorf("after the login the cookie is %+v", now)
	}
	b.open("/cart")
	b.sees("Felt hat", "€ 12.90")
	for path, want := range map[string]string{"/cart": "It is empty.", "/sessions": "you are nobody yet"} {
		if page := b.site.ask(t, path, old); !strings.Contains(page, want) || strings.Contains(page, "Ada") {
			t.Errorf("the old ticket opens, at %s,\n%s", path, page)
		}
	}
	if page := b.site.ask(t, "/sessions", now.Value); !strings.Contains(page, "Everywhere that <strong>Ada Lovelace") {
		t.Errorf("the new ticket opens\n%s", page)
	}
}

// "Keep me logged in" makes the cookie outlive the browser.
func TestLoginStays(t *testing.T) {
	b := newDevice(t, shop)
	b.open("/login")
	b.write("#name", "ada")
	b.do(chromedp.Click(chromedp.CSS(`input[name="stay"]`)))
	b.press(`form[action="/login"] button`)
	c := b.cookie()
	left := time.Until(time.Unix(int64(c.Expires), 0))
	if c.Session || left < 11*time.Hour || left > 12*time.Hour+time.Minute {
		t.Errorf("the cookie ends in %v: %+v", left, c)
	}
}

// A logout takes the cookie away, and the device's other tab is nobody at its
// next click. Whoever has kept the ticket has nothing.
func TestLogoutInAnotherTab(t *testing.T) {
	one := newDevice(t, shop)
	one.login("grace")
	two := one.another()
	two.open("/cart")
	two.sees("grace", "Log out")
	old := one.cookie().Value
	one.press(`form[action="/logout"] button`)
	one.sees("Goodbye", "There is no session")
	if all := one.cookies(); len(all) > 0 {
		t.Errorf("after the logout the cookies are %+v", all)
	}
	two.press(`nav a[href="/sessions"]`)
	two.sees("you are nobody yet", "Log in")
	two.misses("grace")
	if page := one.site.ask(t, "/sessions", old); strings.Contains(page, "grace") {
		t.Errorf("the old ticket opens\n%s", page)
	}
}

// Everything works with scripts switched off.
func TestWithoutScripts(t *testing.T) {
	b := newDevice(t, shop)
	b.withoutScripts()
	b.open("/")
	b.sees("0001")
	b.press(`nav a[href="/cart"]`)
	b.add("hat")
	b.add("hat")
	b.press(`button[value="less"]`)
	b.sees("one less", "€ 12.90")
	b.press(".who a[href='/login']")
	b.write("#name", "kay")
	b.press(`form[action="/login"] button`)
	b.sees("Your cart came along.")
	b.press(`nav a[href="/sessions"]`)
	b.sees("Everywhere that kay is logged in.", "this one")
	b.press(`form[action="/logout"] button`)
	b.sees("Goodbye")
}

// add puts a good into the cart, from the cart's page.
func (b *tab) add(good string) {
	b.t.Helper()
	b.press(`.goods form:has(input[value="` + good + `"]) button`)
	b.sees("one more.")
}
