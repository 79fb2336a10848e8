package demo_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// A bare is a browser that keeps no cookie.
type bare struct {
	*browser
	ticket string // of the page that it is on
}

func newBare(t *testing.T, carrier string) *bare {
	b := newBrowser(t, serve(t, newSite(t, newStore(t), demo.Options{Carrier: carrier, InsecureCookie: true})))
	b.c.Jar = nil
	return &bare{browser: b}
}

var (
	pageForm  = regexp.MustCompile(`(?s)<form[^>]*>.*?</form>`)
	pageField = regexp.MustCompile(`<input type="hidden" name="session" value="([^"]*)">`)
	pageLink  = regexp.MustCompile(` href="([^"#]*)"`)
)

// sees checks a page and takes its ticket up.
func (b *bare) sees(a answer, texts ...string) string {
	b.t.Helper()
	if a.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %s", a.Status, a.body)
	}
	if len(a.Cookies()) > 0 || a.Header.Get("Cache-Control") != "no-store" {
		b.t.Errorf("%d cookies, Cache-Control %q", len(a.Cookies()), a.Header.Get("Cache-Control"))
	}
	checkPage(b.t, a.Request.URL.Path, a)
	want(b.t, a.body, texts...)
	return a.body
}

// inForms checks that every form of a page hands on one and the same ticket,
// and that no link loses it.
func (b *bare) inForms(a answer, texts ...string) {
	b.t.Helper()
	body := b.sees(a, texts...)
	forms := pageForm.FindAllString(body, -1)
	b.ticket = match(b.t, body, pageField.String())
	for _, form := range forms {
		if m := pageField.FindAllStringSubmatch(form, -1); len(m) != 1 || m[0][1] != b.ticket || !strings.Contains(form, `method="post"`) {
			b.t.Errorf("a form loses the ticket: %s", form)
		}
	}
	for _, m := range pageLink.FindAllStringSubmatch(body, -1) {
		if m[1] != "/style.css" && m[1] != "/favicon.svg" {
			b.t.Errorf("a link loses the ticket: %s", m[1])
		}
	}
}

// press sends a form of the page that the browser is on.
func (b *bare) press(path string, fields ...string) answer {
	b.t.Helper()
	return b.post(path, append(fields, "session", b.ticket)...)
}

// With cookies disabled, the whole site works by its forms.
func TestFormsCarryTheTicket(t *testing.T) {
	b := newBare(t, "form")
	b.inForms(b.get("/"), "0001", "its new ticket is in the forms of this page")
	b.inForms(b.press("/to/"), "0002")
	b.inForms(b.press("/to/cart"), "It is empty.")
	b.inForms(b.press("/cart", "good", "hat", "do", "add"), "Felt hat: one more.", "€ 12.90")
	b.inForms(b.press("/to/login"), "Your name")
	old := b.ticket
	b.inForms(b.press("/login", "name", "ada"), "Welcome, ada. You got a new ticket", "Your cart came along.", "0003")
	if b.ticket == old {
		t.Error("the login kept the ticket")
	}
	b.inForms(b.press("/to/sessions"), "this one", `aria-current="page">Your sessions`)

	other := &bare{browser: b.browser}
	other.inForms(other.get("/login"), "Your name")
	if other.ticket != "" {
		t.Error("who only looks has a ticket")
	}
	other.inForms(other.press("/login", "name", "ada"), "Welcome, ada.")
	b.inForms(b.press("/to/sessions"), "Log out everywhere else")
	b.inForms(b.press("/sessions/others"), "1 other session ended.")
	other.inForms(other.press("/to/cart"), "Log in", "opens nothing here")

	refused := b.press("/cart", "good", "unicorn", "do", "add")
	if refused.StatusCode != http.StatusBadRequest || match(t, refused.body, pageField.String()) != b.ticket {
		t.Errorf("a complaint loses the ticket: %s", refused.Status)
	}
	large := b.press("/to/cart", "x", strings.Repeat("x", 20_000))
	if large.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %s", large.Status)
	}
	b.inForms(b.press("/logout"), "Goodbye", "There is no session")
	if b.ticket != "" {
		t.Error("a ticket is left after the logout")
	}
}

// A store that is down costs nobody the ticket.
func TestFormsKeepTheTicketThroughAFault(t *testing.T) {
	store := newStore(t)
	b := &bare{browser: newBrowser(t, serve(t, newSite(t, store, demo.Options{Carrier: "form"})))}
	b.inForms(b.get("/"))
	store.Before = func(context.Context, coatchecktest.Op, coatcheck.ID) error { return errors.New("down") }
	a := b.press("/to/cart")
	if a.StatusCode != http.StatusServiceUnavailable || match(t, a.body, pageField.String()) != b.ticket {
		t.Errorf("%s: the ticket is lost", a.Status)
	}
}

// A session that cannot be born is a page that says why, by every carrier.
func TestPagesOfUnbornSessions(t *testing.T) {
	for _, carrier := range demo.Carriers() {
		store := newStore(t)
		store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
			if op == coatchecktest.OpCreate {
				return coatcheck.ErrFull
			}
			return nil
		}
		b := newBrowser(t, serve(t, newSite(t, store, demo.Options{Carrier: carrier, InsecureCookie: true})))
		for path, a := range map[string]answer{"/": b.get("/"), "/cart": b.post("/cart", "good", "hat", "do", "add")} {
			if a.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s: %s: %s", carrier, path, a.Status)
			}
			want(t, a.body, "Every hook is taken")
			checkPage(t, path, a)
		}
	}
}

// In URLs, every link of the site has the ticket, and nothing else does.
func TestURLsCarryTheTicket(t *testing.T) {
	b := newBare(t, "url")
	inLinks := func(a answer, texts ...string) {
		t.Helper()
		body := b.sees(a, texts...)
		if got := a.Header.Get("Referrer-Policy"); got != "no-referrer" || !strings.Contains(body, `name="referrer" content="no-referrer"`) {
			t.Errorf("Referrer-Policy %q", got)
		}
		b.ticket = match(t, body, `href="/cart\?session=([^"]+)"`)
		for _, m := range regexp.MustCompile(` (?:href|action)="([^"#]*)"`).FindAllStringSubmatch(body, -1) {
			if m[1] != "/style.css" && m[1] != "/favicon.svg" && !strings.HasSuffix(m[1], "?session="+b.ticket) {
				t.Errorf("a link loses the ticket: %s", m[1])
			}
		}
	}
	inLinks(b.get("/"), "0001", "in the links of this page")
	inLinks(b.get("/?session="+b.ticket), "0002")
	next := func(path string, fields ...string) answer {
		t.Helper()
		a := b.post(path+"?session="+b.ticket, fields...)
		if a.StatusCode != http.StatusSeeOther || !strings.Contains(a.Header.Get("Location"), "?session=") {
			t.Fatalf("POST %s: %s to %q", path, a.Status, a.Header.Get("Location"))
		}
		return b.get(a.Header.Get("Location"))
	}
	inLinks(next("/cart", "good", "hat", "do", "add"), "Felt hat: one more.")
	inLinks(next("/login", "name", "ada"), "Welcome, ada.", "Your cart came along.")
	if a := b.post("/logout?session=" + b.ticket); a.Header.Get("Location") != "/goodbye" {
		t.Errorf("after the logout one goes to %q", a.Header.Get("Location"))
	}
}

// Tools bring the ticket in a header.
func TestHeaderCarriesTheTicket(t *testing.T) {
	b := newBare(t, "header")
	ticket := ""
	for _, want := range []string{"1\n", "2\n"} {
		r := request(t, "GET", b.base+"/count", nil)
		r.Header.Set("X-Session", ticket)
		a := b.do(r)
		if a.body != want {
			t.Errorf("/count says %q, want %q", a.body, want)
		}
		if got := a.Header.Get("X-Session"); ticket == "" {
			ticket = got
		}
	}
	// A browser does not, so it is told where to find the commands.
	want(t, b.page("/"), "X-Session: TICKET", "No browser sends this ticket", `id="tools" open>`)
	login := b.page("/login")
	want(t, login, `href="/#tools"`)
	if bar, notice := strings.Index(login, "<main"), strings.Index(login, "No browser sends this ticket"); notice < bar {
		t.Error("it is told so ahead of the page")
	}
}

func TestUnknownCarrier(t *testing.T) {
	if _, err := demo.New(newStore(t), &demo.Options{Carrier: "pigeon"}); err == nil || !strings.Contains(err.Error(), "pigeon") {
		t.Errorf("New took a pigeon: %v", err)
	}
}
