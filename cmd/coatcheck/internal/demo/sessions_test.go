package demo_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"

// pair returns two browsers in which ada is logged in.
func pair(t *testing.T) (laptop, phone *browser) {
	t.Helper()
	laptop = newBrowser(t, start(t))
	phone = newBrowser(t, laptop.base)
	phone.agent = iPhone
	laptop.submit("/login", "name", "ada")
	phone.submit("/login", "name", "ada")
	return laptop, phone
}

// otherID finds the one session on the page that can be revoked.
const otherID = `name="id" value="([0-9a-f]{64})"`

func TestSessionsLists(t *testing.T) {
	laptop, phone := pair(t)
	newBrowser(t, laptop.base).submit("/login", "name", "eve")
	page := laptop.page("/sessions")
	want(t, page, "Firefox on Linux <span class=\"badge\">this one</span>", "Safari on iPhone", "2 sessions found by owner", "just now", "Log out everywhere else")
	if n := strings.Count(page, "<li class=\"card"); n != 2 {
		t.Errorf("%d sessions are listed:\n%s", n, page)
	}
	want(t, phone.page("/sessions"), "Safari on iPhone <span class=\"badge\">this one</span>")
	if first, second := strings.Index(page, "this one"), strings.Index(page, "iPhone"); first > second {
		t.Error("this session is not the first")
	}
	without(t, page, laptop.ticket(), phone.ticket())
}

func TestSessionsOfNobody(t *testing.T) {
	b := newBrowser(t, start(t))
	b.page("/")
	want(t, b.page("/sessions"), "you are nobody yet")
	if a := b.post("/sessions/others"); a.StatusCode != http.StatusForbidden {
		t.Errorf("an anonymous visitor logs out others: %s", a.Status)
	}
	if a := b.post("/sessions/revoke", "id", strings.Repeat("0", 64)); a.StatusCode != http.StatusNotFound {
		t.Errorf("an anonymous visitor revokes: %s", a.Status)
	}
}

func TestRevoke(t *testing.T) {
	laptop, phone := pair(t)
	id := match(t, laptop.page("/sessions"), otherID)
	page := laptop.submit("/sessions/revoke", "id", id)
	want(t, page, "Session "+id[:12]+" has ended.", "1 session found by owner", "This is the only one.")
	want(t, phone.page("/sessions"), "you are nobody yet", "opens nothing here")
	if a := laptop.post("/sessions/revoke", "id", id); a.StatusCode != http.StatusNotFound {
		t.Errorf("revoked twice: %s", a.Status)
	}
}

// Nobody ends the session of another owner, by knowing its ID.
func TestRevokeAnothers(t *testing.T) {
	laptop, phone := pair(t)
	id := match(t, laptop.page("/sessions"), otherID)
	eve := newBrowser(t, laptop.base)
	eve.submit("/login", "name", "eve")
	if a := eve.post("/sessions/revoke", "id", id); a.StatusCode != http.StatusNotFound {
		t.Errorf("eve revokes ada's session: %s", a.Status)
	}
	want(t, phone.page("/sessions"), "2 sessions found by owner")
}

// To revoke the session that one is in is to log out.
func TestRevokeThis(t *testing.T) {
	laptop, phone := pair(t)
	id := match(t, phone.page("/sessions"), otherID)
	want(t, laptop.submit("/sessions/revoke", "id", id), "Goodbye")
	if laptop.ticket() != "" {
		t.Error("the browser still has a ticket")
	}
	want(t, phone.page("/sessions"), "1 session found by owner")
}

func TestRevokeOthers(t *testing.T) {
	laptop, phone := pair(t)
	third := newBrowser(t, laptop.base)
	third.submit("/login", "name", "ada")
	ticket := laptop.ticket()
	want(t, laptop.submit("/sessions/others"), "2 other sessions ended.", "1 session found by owner")
	if laptop.ticket() != ticket {
		t.Error("the ticket changed")
	}
	for _, b := range []*browser{phone, third} {
		want(t, b.page("/sessions"), "you are nobody yet")
	}
	want(t, laptop.submit("/sessions/others"), "0 other sessions ended.")
}

// A login in another tab swaps the ticket under the list: the session is not
// listed as another device's.
func TestSessionsRenewedUnderTheList(t *testing.T) {
	store := newStore(t)
	loads := newGate(store)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	b.submit("/login", "name", "ada")
	late := make(chan answer)
	reached, open := loads.shut()
	go func() { late <- b.get("/sessions") }()
	<-reached
	b.post("/login", "name", "ada")
	open()
	a := <-late
	if a.StatusCode != http.StatusConflict {
		t.Errorf("%s", a.Status)
	}
	want(t, a.body, "That ticket has been handed in")
	want(t, b.page("/sessions"), "1 session found by owner")
}

// Nor is it when its ticket is rotated, which no visitor is to notice, also if
// there are more sessions than the list has room for.
func TestSessionsRotatedUnderTheList(t *testing.T) {
	for others, says := range map[int]string{0: "This is the only one.", 150: "And others, which are not listed."} {
		t.Run(strconv.Itoa(others), func(t *testing.T) { rotatedUnderTheList(t, others, says) })
	}
}

// thisOne finds the ID of the session that a list calls this one.
var thisOne = regexp.MustCompile(`(?s)<li class="card this">.*?<code>(\w+)</code>`)

func rotatedUnderTheList(t *testing.T, others int, says string) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		loads := newGate(store)
		site := newSite(t, store, demo.Options{InsecureCookie: true, Rotate: time.Minute})
		visit := func(path, ticket string) (body, next string) {
			r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
			r.Header.Set("Cookie", "id="+ticket)
			site.ServeHTTP(w, r)
			for _, c := range w.Result().Cookies() {
				ticket = c.Value
			}
			return w.Body.String(), ticket
		}
		_, ticket := visit("/login?user=ada", "")
		for range others {
			visit("/login?user=ada", "")
		}
		time.Sleep(time.Hour / 4) // of the bubble
		list := make(chan string)
		reached, open := loads.shut()
		go func() {
			page, _ := visit("/sessions", ticket)
			list <- page
		}()
		<-reached
		_, next := visit("/cart", ticket)
		if next == ticket {
			t.Error("the ticket was not rotated")
		}
		open()
		page := <-list
		want(t, page, says)
		now, _ := visit("/sessions", next)
		is, must := thisOne.FindStringSubmatch(page), thisOne.FindStringSubmatch(now)
		if is == nil || must == nil || is[1] != must[1] || strings.Count(page, is[1]+"\">End it") > 0 {
			t.Errorf("this one is %q, want %q, in\n%s", is, must, page)
		}
	})
}

// The list has an end, and says so.
func TestSessionsListsSoMany(t *testing.T) {
	b := newBrowser(t, start(t))
	for range 100 {
		b.c.Jar = nil
		b.tool("/login?user=ada")
	}
	b = newBrowser(t, b.base)
	page := b.submit("/login", "name", "ada")
	without(t, page, "And others")
	page = b.page("/sessions")
	want(t, page, "And others, which are not listed.", "this one")
	if n := strings.Count(page, "<li class=\"card"); n != 100 {
		t.Errorf("%d sessions are listed", n)
	}
}
