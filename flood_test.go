package coatcheck_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// write sends one request that would begin a session from an address, and
// returns the answer.
func write(t testing.TB, m *coatcheck.Manager, peer string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "https://site.test/", nil)
	r.RemoteAddr = peer
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		motto.Set(s, "carpe diem")
		_, _ = io.WriteString(w, "welcome")
	})).ServeHTTP(w, r)
	return w.Result()
}

// births returns how many of n requests from an address begin a session.
func births(t testing.TB, m *coatcheck.Manager, n int, peer string) (born int) {
	t.Helper()
	for range n {
		if write(t, m, peer).StatusCode == http.StatusOK {
			born++
		}
	}
	return born
}

// 24: a client's budget of new sessions, and how it fills up again; its
// neighbours share it and others do not.
func TestRequirement24BudgetOfAClient(t *testing.T) {
	clock, events := newClock(), new(journal)
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now, OnEvent: events.add, Flood: coatcheck.FloodOptions{PerClient: 6}})
	expectEqual(t, "born", births(t, m, 10, "192.0.2.1:1"), 6)
	expectEqual(t, "born next door", births(t, m, 10, "192.0.2.200:1"), 0)
	expectEqual(t, "born elsewhere", births(t, m, 10, "192.0.3.1:1"), 6)
	expectEqual(t, "born by IPv6", births(t, m, 10, "[2001:db8:1:2::3]:1"), 6)
	expectEqual(t, "born in the same /48", births(t, m, 10, "[2001:db8:1:ffff::3]:1"), 0)
	clock.Advance(10*time.Second - 1)
	expectEqual(t, "born a moment too early", births(t, m, 10, "192.0.2.1:1"), 0)
	clock.Advance(1)
	expectEqual(t, "born after a sixth of the window", births(t, m, 10, "192.0.2.1:1"), 1)
	clock.Advance(30 * time.Second)
	expectEqual(t, "born after half of it", births(t, m, 10, "192.0.2.1:1"), 3)
	clock.Advance(time.Hour)
	expectEqual(t, "born after an hour", births(t, m, 10, "192.0.2.1:1"), 6)
	expectEqual(t, "events of refusals", len(events.of(coatcheck.EventRefused)), int(m.Stats().Refused))
	for _, e := range events.of(coatcheck.EventRefused) {
		expectEqual(t, "reason", e.Reason, "client")
	}
	expectEqual(t, "store errors", m.Stats().StoreErrors, 0)
	expectEqual(t, "created", int(m.Stats().Created), 6+6+6+1+3+6)
}

// 24: the budget of all clients together; one client over its own does not use
// it up.
func TestRequirement24BudgetOfAll(t *testing.T) {
	clock, events := newClock(), new(journal)
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now, OnEvent: events.add,
		Flood: coatcheck.FloodOptions{PerClient: 4, Total: 10, Window: time.Hour}})
	expectEqual(t, "born of one client", births(t, m, 100, "192.0.2.1:1"), 4)
	born := 0
	for n := range 20 {
		born += births(t, m, 1, fmt.Sprintf("198.51.%d.1:1", n))
	}
	expectEqual(t, "born of others", born, 6)
	refused := events.of(coatcheck.EventRefused)
	if n := len(refused); n == 0 || refused[n-1].Reason != "total" {
		t.Errorf("%d refusals: %+v", n, refused)
	}
	s, err := m.Open(t.Context(), "")
	expectNil(t, err)
	motto.Set(s, "carpe diem")
	var flood *coatcheck.FloodError
	if err := s.Save(t.Context()); !errors.As(err, &flood) || !flood.Total || flood.Client != "" || flood.RetryAfter != 6*time.Minute {
		t.Errorf("outside HTTP: %#v", err)
	}
	clock.Advance(6 * time.Minute)
	expectNil(t, s.Save(t.Context())) // the change is pending still
	expectEqual(t, "motto", motto.Get(s), "carpe diem")
}

// 24: only births of anonymous sessions count. Logins, whatever they come with,
// changes, renewals and requests that write nothing do not, and go on when the
// budget is spent.
func TestRequirement24BudgetLetsOthersAlone(t *testing.T) {
	ctx := t.Context()
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now, Flood: coatcheck.FloodOptions{PerClient: 1, Total: 1}})
	v := newVisitor(t, m).begin()
	for range 3 {
		expectStatus(t, newVisitor(t, m).visit(func(s *coatcheck.Session) { motto.Set(s, "x") }), http.StatusTooManyRequests)
		expectStatus(t, newVisitor(t, m).visit(func(s *coatcheck.Session) { motto.Get(s) }), http.StatusOK)
		expectStatus(t, newVisitor(t, m).visit(func(s *coatcheck.Session) { motto.Set(s, "x"); expectNil(t, s.Login(ctx, "ada")) }), http.StatusOK)
		newVisitor(t, m).login("bob").visit(func(s *coatcheck.Session) { motto.Set(s, "x") })
		expectStatus(t, v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) }), http.StatusOK)
		expectStatus(t, v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(ctx)) }), http.StatusOK)
	}
	v.expectTally(3)
	v.login("ada").expectMotto("ada")
}

// 24: what a refused client is told, over real HTTP: by whom, for how long, no
// cookie, nothing of the handler's answer, and nothing in the store.
func TestRequirement24RefusalOverHTTP(t *testing.T) {
	for name, test := range map[string]struct {
		opts   coatcheck.FloodOptions
		status int
		retry  int
	}{
		"a client": {coatcheck.FloodOptions{PerClient: 2, Window: 61 * time.Second}, http.StatusTooManyRequests, 31},
		"all":      {coatcheck.FloodOptions{Total: 2, Window: time.Hour}, http.StatusServiceUnavailable, 1800},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			store := watched(t)
			m := manage(t, store, &coatcheck.Options{Now: clock.Now, Flood: test.opts})
			site := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				motto.Set(s, "carpe diem")
				w.Header().Set("Content-Length", "7")
				_, _ = io.WriteString(w, "welcome")
			})))
			defer site.Close()
			for n := range 4 {
				store.on(nil)
				res, err := http.Get(site.URL)
				expectNil(t, err)
				body, err := io.ReadAll(res.Body)
				expectNil(t, err)
				expectNil(t, res.Body.Close())
				if n < 2 {
					expectStatus(t, res, http.StatusOK)
					continue
				}
				expectStatus(t, res, test.status)
				expectNoCookie(t, res)
				expectEqual(t, "Retry-After", res.Header.Get("Retry-After"), strconv.Itoa(test.retry))
				expectEqual(t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
				if strings.Contains(string(body), "welcome") || !strings.Contains(string(body), "again") {
					t.Errorf("body %q", body)
				}
				expectEqual(t, "calls to the store", store.count(""), 0)
			}
		})
	}
}

// 24: Client decides who is one client, behind proxies too, and Allow who may
// all the same; it is told what is refused.
func TestRequirement24ClientAndAllow(t *testing.T) {
	clock := newClock()
	var told atomic.Int32
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now, Flood: coatcheck.FloodOptions{
		PerClient: 2,
		Client:    coatcheck.TruncatedAddress(coatcheck.ForwardedAddress(netip.MustParsePrefix("10.0.0.0/8"))),
		Allow: func(r *http.Request, refused *coatcheck.FloodError) bool {
			told.Add(1)
			if refused.Total || refused.RetryAfter != 30*time.Second || !errors.Is(refused, coatcheck.ErrFull) || strings.Contains(refused.Error(), "198.51.100") {
				t.Errorf("refused: %#v, %v", refused, refused)
			}
			expectEqual(t, "client", refused.Client, "198.51.100.0/24")
			return r.Header.Get("Partner") == "yes"
		},
	}})
	send := func(forwarded, partner string) int {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://site.test/", nil)
		r.RemoteAddr = "10.0.0.1:80"
		r.Header.Set("X-Forwarded-For", forwarded)
		r.Header.Set("Partner", partner)
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			motto.Set(s, "carpe diem")
		})).ServeHTTP(w, r)
		return w.Code
	}
	for n, want := range []int{200, 200, 429} {
		expectEqual(t, "a client behind a proxy", send(fmt.Sprintf("203.0.113.%d, 198.51.100.%d", n, n), ""), want)
	}
	expectEqual(t, "another", send("203.0.113.9", ""), 200)
	expectEqual(t, "a partner", send("198.51.100.9", "yes"), 200)
	expectEqual(t, "told", told.Load(), 2)
	expectEqual(t, "refused", m.Stats().Refused, 1)
}

// A clock that is put back makes nobody wait longer than an empty budget does,
// and the machine's own clock none at all.
func TestRequirement24BudgetUnderAWrongClock(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, nil), &coatcheck.Options{Now: clock.Now, Flood: coatcheck.FloodOptions{PerClient: 2, Total: 100}})
	expectEqual(t, "born", births(t, m, 3, "192.0.2.1:1"), 2)
	clock.Advance(-time.Hour)
	expectEqual(t, "born an hour before", births(t, m, 3, "192.0.2.1:1"), 2)
	clock.Advance(-30 * time.Second)
	expectEqual(t, "born half a minute before that", births(t, m, 3, "192.0.2.1:1"), 2)
	clock.Advance(30 * time.Second)
	expectEqual(t, "born back there", births(t, m, 3, "192.0.2.1:1"), 1)
	clock.Advance(time.Hour)
	expectEqual(t, "born afterwards", births(t, m, 3, "192.0.2.1:1"), 2)
}

// Of any number of clients none goes over its budget, though they share
// counters, and few are refused for that; the counters take what they say.
func TestRequirement24ManyClients(t *testing.T) {
	const budget = 3
	now := time.Unix(1_700_000_000, 0)
	f := coatcheck.NewFlood(&coatcheck.Options{Now: func() time.Time { return now }, Flood: coatcheck.FloodOptions{PerClient: budget, Window: time.Minute}})
	before := heap()
	for _, clients := range []int{1000, 10_000, 30_000} {
		now = now.Add(time.Hour)
		most := clients * budget * 9 / 10
		if clients > 10_000 {
			most = 0 // far more than there are counters: nothing is said of others
		}
		begun := make([]int, clients)
		born := 0
		for range budget + 2 { // all by turns
			for n := range begun {
				if f.Spend(strconv.Itoa(n), now) {
					begun[n]++
					born++
				}
			}
		}
		if most := slices.Max(begun); most > budget {
			t.Errorf("of %d clients one has begun %d sessions", clients, most)
		}
		t.Logf("%d clients began %d sessions of %d", clients, born, clients*budget)
		if born < most {
			t.Errorf("%d clients began %d sessions, want at least %d", clients, born, most)
		}
	}
	now = now.Add(time.Hour)
	for range budget {
		f.Spend("the first", now)
	}
	for n := range 30_000 {
		f.Spend(strconv.Itoa(n), now)
	}
	if f.Spend("the first", now) {
		t.Error("a budget is full again because others were spent")
	}
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	expectEqual(t, "size of the counters", f.Size(), 512<<10)
}

// 61: cookieless requests leave nothing, and those that write begin no more
// sessions than the budget allows. Nobody who is logged in loses anything, even
// if the store is full.
func TestCase61Flood(t *testing.T) {
	clock := newClock()
	store := memstore.New(&memstore.Options{Now: clock.Now, MaxSessions: 100})
	t.Cleanup(func() { _ = store.Close() })
	m := manage(t, store, &coatcheck.Options{Now: clock.Now, FirstTimeout: time.Minute, Flood: coatcheck.FloodOptions{PerClient: 20}})
	var owners []*visitor
	for n := range 40 {
		owners = append(owners, newVisitor(t, m).begin().login(fmt.Sprint("owner ", n)))
		clock.Advance(3 * time.Second) // theirs count, too
	}
	created := m.Stats().Created
	for n := range 500 {
		expectNoCookie(t, newVisitor(t, m).visit(func(s *coatcheck.Session) { motto.Get(s) }))
		births(t, m, 1, fmt.Sprintf("198.51.%d.1:1", n%10))
	}
	expectEqual(t, "born", m.Stats().Created-created, 10*20)
	for n, v := range owners {
		v.expectMotto(fmt.Sprint("owner ", n))
	}
	stat, err := store.Stat(t.Context())
	expectNil(t, err)
	if stat.Records > 100 || stat.Records-stat.Anonymous < 40 {
		t.Errorf("the store has %d records, %d of them anonymous", stat.Records, stat.Anonymous)
	}
	clock.Advance(time.Minute)
	left := 0
	for i, err := range m.All(t.Context()) {
		expectNil(t, err)
		if left++; i.Owner == "" {
			t.Errorf("session %s of a client without cookies lives on", i.ID.Short())
		}
	}
	expectEqual(t, "left", left, len(owners))
}

// Who reads the clock first need not be counted first. That must not pass for
// a clock that was put back, which fills the budget anew.
func TestRequirement24BudgetGoesByTheLatestMoment(t *testing.T) {
	now := time.Now()
	f := coatcheck.NewFlood(&coatcheck.Options{
		Now:   func() time.Time { return now },
		Flood: coatcheck.FloodOptions{PerClient: 5, Total: 8, Window: time.Hour},
	})
	for n := range 5 {
		if !f.Spend("a", now.Add(time.Duration(10-n)*time.Microsecond)) {
			t.Errorf("birth %d is refused", n)
		}
	}
	if f.Spend("a", now) {
		t.Error("a client that read the clock early begins more than it may")
	}
	for n := range 3 {
		if !f.Spend("b", now.Add(time.Duration(20-n)*time.Microsecond)) {
			t.Errorf("birth %d of another is refused", n)
		}
	}
	if f.Spend("c", now) {
		t.Error("all together begin more than they may")
	}
	if !f.Spend("c", now.Add(-2*time.Hour)) {
		t.Error("a clock that was put back keeps all out")
	}
}
