//go:build unix

package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A page whose session is ended on another device says so without being asked,
// as its WebSocket is closed with that reason. Other devices go on.
func TestSocketClosesOnRevocation(t *testing.T) {
	desk, phone, tablet := newDevice(t, shop), newDevice(t, shop), newDevice(t, shop)
	alan := newOwner("alan")
	desk.login(alan)
	phone.login(alan)
	tablet.login(alan)
	phone.follows()
	tablet.follows()
	phone.socket()
	lost := phone.session()
	desk.open("/sessions")
	desk.press(`form[action="/sessions/revoke"] button[aria-label$="` + lost + `"]`)
	phone.hears("destroyed", "This session has ended")
	if got := phone.farewell(); got != "1008 session destroyed" {
		t.Errorf("the socket was closed with %q", got)
	}
	phone.press("#live a")
	phone.sees("Log in")
	phone.misses(alan)
	desk.press(`form[action="/sessions/others"] button`)
	tablet.hears("destroyed", "This session has ended")
}

// A logout and a login in one tab reach the page in another.
func TestSocketFollowsLoginAndLogout(t *testing.T) {
	one := newDevice(t, shop)
	one.open("/")
	one.follows()
	two := one.another()
	two.login("joan") // by way of the first page, which counts
	one.hears("renewed", "This session got a new ticket")
	one.open("/")
	one.follows()
	two.press(`form[action="/logout"] button`)
	one.hears("destroyed", "This session has ended")
}

// A page shows the views that other tabs count.
func TestSocketCounts(t *testing.T) {
	one := newDevice(t, shop)
	one.open("/")
	one.follows()
	two := one.another()
	two.open("/")
	one.until(`document.getElementById("number").textContent === "0002"`)
	one.sees("2 times")
}

// Another site's page gets no WebSocket.
func TestForeignSocketIsRefused(t *testing.T) {
	b := newDevice(t, shop)
	b.login("ken")
	evil := b.another()
	evil.listen(b.site.url)
	if got := evil.farewell(); got != "1006 " {
		t.Errorf("the socket was closed with %q", got)
	}
	b.follows()
}

// until waits for the page to be as a script wants it.
func (b *tab) until(script string) {
	b.t.Helper()
	run(b, chromedp.Poll[bool](script, chromedp.WithPollingMutation(), chromedp.WithPollingTimeout(0)))
}

// follows waits until the page says that it follows its session.
func (b *tab) follows() {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(`#live[data-state="open"]`)))
}

// hears waits until the page says what has become of its session.
func (b *tab) hears(state, text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(`#live[data-state="` + state + `"]`)))
	b.sees(text)
}

// socket opens one more WebSocket to the page's own site, and waits until it is
// open.
func (b *tab) socket() {
	b.t.Helper()
	b.listen(b.site.url)
	b.await("heard")
}

// listen opens a WebSocket to a site.
func (b *tab) listen(site string) {
	b.t.Helper()
	run(b, chromedp.Evaluate[string](`(() => {
		const socket = new WebSocket("`+strings.Replace(site, "http", "ws", 1)+`/ws");
		window.heard = new Promise(done => { socket.onmessage = e => done(e.data) });
		window.ended = new Promise(done => { socket.onclose = e => done(e.code + " " + e.reason) });
		return "";
	})()`))
}

// farewell waits until that WebSocket is closed, and returns with what.
func (b *tab) farewell() string { return b.await("ended") }

func (b *tab) await(promise string) string {
	b.t.Helper()
	return run(b, chromedp.Evaluate[string]("window."+promise, chromedp.EvalAwaitPromise))
}
