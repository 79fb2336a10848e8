//go:build unix

package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// cookieName is the cookie of a site over HTTPS.
const cookieName = "__Host-id"

// patience is how long a test may take. The machine may have much else to do.
const patience = 2 * time.Minute

// A tab of the browser, at a site. What is set for it is set anew at the end of
// the test.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site
}

// newDevice returns the only tab of a device that has no cookies.
func newDevice(t *testing.T, which func(*stage) *site) *tab {
	t.Helper()
	s, err := theStage()
	if err != nil {
		t.Fatal(err)
	}
	d := s.device(t)
	ctx, cancel := context.WithTimeout(d, patience)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, site: which(s)}
	call(b, network.ClearBrowserCookies, cdp.Empty{})
	return b
}

// shop is the demo as it is, over HTTPS.
func shop(s *stage) *site { return s.shop }

// another opens one more tab on the same device.
func (b *tab) another() *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &tab{t: b.t, ctx: ctx, site: b.site}
	other.do()
	return other
}

// do does something with the tab.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.fail(err)
	}
}

// fail ends the test with what the page is at that time.
func (b *tab) fail(err error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 10*time.Second)
	defer cancel()
	page, more := chromedp.Run(ctx, chromedp.Evaluate[string]("location + '\\n' + document.body.innerText"))
	b.t.Fatalf("%v, at %s (%v)", err, page, more)
}

// run does something with a tab that has an outcome.
func run[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.fail(err)
	}
	return v
}

// call sends a command of the DevTools protocol to a tab.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	v, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// open goes to a path, and wants the page to be there.
func (b *tab) open(path string) {
	b.t.Helper()
	b.arrived(chromedp.Run(b.ctx, chromedp.NavigateResponse(b.site.url+path)))
}

// press clicks what leads to another page, and waits until it is there.
func (b *tab) press(what string) {
	b.t.Helper()
	b.arrived(chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(what), chromedp.NodeVisible)))
}

func (b *tab) arrived(res *network.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	if res.Status != http.StatusOK {
		b.t.Fatalf("%s: %d %s: %s", res.URL, res.Status, res.StatusText, b.page())
	}
}

// write types into a field.
func (b *tab) write(where, what string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(where), what, chromedp.NodeVisible))
}

// text returns what one can read of an element.
func (b *tab) text(what string) string {
	b.t.Helper()
	return run(b, chromedp.Text(chromedp.CSS(what), chromedp.NodeVisible))
}

// page returns what one can read of the page that has arrived.
func (b *tab) page() string {
	b.t.Helper()
	return run(b, chromedp.Evaluate[string]("document.body.innerText"))
}

// sees wants texts to be on the page.
func (b *tab) sees(texts ...string) {
	b.t.Helper()
	page := b.page()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.t.Errorf("there is no %q on the page:\n%s", text, page)
		}
	}
}

// misses wants texts not to be on the page.
func (b *tab) misses(texts ...string) {
	b.t.Helper()
	page := b.page()
	for _, text := range texts {
		if strings.Contains(page, text) {
			b.t.Errorf("there is %q on the page:\n%s", text, page)
		}
	}
}

// cookies returns all that the device would show to the site.
func (b *tab) cookies() []*network.Cookie {
	b.t.Helper()
	return call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{b.site.url}}).Cookies
}

// cookie returns the session's cookie, which must be the only one.
func (b *tab) cookie() *network.Cookie {
	b.t.Helper()
	all := b.cookies()
	if len(all) != 1 || all[0].Name != cookieName {
		b.t.Fatalf("the cookies are %+v", all)
	}
	return all[0]
}

// owners counts those that newOwner has named.
var owners atomic.Int64

// newOwner makes a name that nobody has had: the sites outlive the tests.
func newOwner(name string) string { return fmt.Sprintf("%s %d.", name, owners.Add(1)) }

// login logs in by the form.
func (b *tab) login(name string) {
	b.t.Helper()
	b.open("/login")
	b.enter(name)
}

// enter fills the login form that the tab is at.
func (b *tab) enter(name string) {
	b.t.Helper()
	b.write("#name", name)
	b.press(`form[action="/login"] button`)
	b.sees("Welcome, " + name)
}
