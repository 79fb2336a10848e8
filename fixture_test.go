package coatcheck_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// The keys of these tests. A tally counts, a motto says something.
var (
	tally = coatcheck.NewKey[int]("tally")
	motto = coatcheck.NewKey[string]("motto")
)

func increment(n int) int { return n + 1 }

// manage returns a manager on store that is closed with the test, sweeps only
// when told to, and logs nothing, unless opts say otherwise.
func manage(t testing.TB, store coatcheck.Store, opts *coatcheck.Options) *coatcheck.Manager {
	t.Helper()
	var o coatcheck.Options
	if opts != nil {
		o = *opts
	}
	if o.SweepInterval == 0 {
		o.SweepInterval = coatcheck.NoSweep
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := coatcheck.New(store, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// shelf returns a RAM store that goes by now, or by the system's clock, and is
// closed with the test.
func shelf(t testing.TB, now func() time.Time) *memstore.Store {
	t.Helper()
	store := memstore.New(&memstore.Options{Now: now})
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// A visitor is a browser: it keeps the cookie that the site sets and sends it
// with the next request. The cookie is "name=value", "" when there is none.
type visitor struct {
	t      testing.TB
	m      *coatcheck.Manager
	cookie string
}

// visitors of one manager begin without a cookie.
func newVisitor(t testing.TB, m *coatcheck.Manager) *visitor { return &visitor{t: t, m: m} }

// twin returns a visitor with the same cookie: another request of the same
// browser, on its way at the same time.
func (v *visitor) twin() *visitor { c := *v; return &c }

// at returns the same browser at another manager: another process behind the
// same load balancer.
func (v *visitor) at(m *coatcheck.Manager) *visitor { return &visitor{v.t, m, v.cookie} }

// serve sends one request to handler behind the manager.
func (v *visitor) serve(handler http.HandlerFunc) *http.Response {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), "GET", "https://site.test/", nil)
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	w := httptest.NewRecorder()
	v.m.Handler(handler).ServeHTTP(w, r)
	res := w.Result()
	v.keep(res)
	return res
}

// visit sends one request whose handler runs fn on the session and writes
// nothing. It may be called inside another's fn.
func (v *visitor) visit(fn func(s *coatcheck.Session)) *http.Response {
	v.t.Helper()
	return v.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			v.t.Errorf("FromContext: %v", err)
			coatcheck.Error(w, r, err)
			return
		}
		fn(s)
	})
}

// keep does with the Set-Cookie lines what a browser does.
func (v *visitor) keep(res *http.Response) {
	for _, c := range res.Cookies() {
		v.cookie = c.Name + "=" + c.Value
		if c.MaxAge < 0 {
			v.cookie = ""
		}
	}
}

// token returns what the cookie holds.
func (v *visitor) token() coatcheck.Token {
	_, value, _ := strings.Cut(v.cookie, "=")
	return coatcheck.Token(value)
}

// id returns the ID of the session that the cookie stands for.
func (v *visitor) id() coatcheck.ID { return v.m.ID(v.token()) }

// begin starts an anonymous session with a motto.
func (v *visitor) begin() *visitor {
	v.t.Helper()
	expectStatus(v.t, v.visit(func(s *coatcheck.Session) { motto.Set(s, "carpe diem") }), http.StatusOK)
	if v.cookie == "" {
		v.t.Fatal("no cookie came with the first change")
	}
	return v
}

// login starts a session of owner, or logs owner in to the one there is.
func (v *visitor) login(owner string) *visitor {
	v.t.Helper()
	expectStatus(v.t, v.visit(func(s *coatcheck.Session) { expectNil(v.t, s.Login(v.t.Context(), owner)) }), http.StatusOK)
	return v
}

// expectAnonymous checks that the cookie opens nothing: the visitor finds an
// empty session.
func (v *visitor) expectAnonymous() {
	v.t.Helper()
	v.twin().visit(func(s *coatcheck.Session) {
		if !s.IsNew() || s.Owner() != "" || len(s.Keys()) != 0 || !s.ID().IsZero() || s.Token() != "" {
			v.t.Errorf("the token opens a session: owner %q, keys %q", s.Owner(), s.Keys())
		}
	})
}

// expectMotto checks that the cookie opens the session that begin started.
func (v *visitor) expectMotto(owner string) {
	v.t.Helper()
	v.twin().visit(func(s *coatcheck.Session) {
		if s.IsNew() || s.Owner() != owner || motto.Get(s) != "carpe diem" {
			v.t.Errorf("new %t, owner %q, motto %q; want the session of %q", s.IsNew(), s.Owner(), motto.Get(s), owner)
		}
	})
}

// expectTally checks the count in the session.
func (v *visitor) expectTally(want int) {
	v.t.Helper()
	v.twin().visit(func(s *coatcheck.Session) {
		if n := tally.Get(s); n != want {
			v.t.Errorf("tally %d, want %d", n, want)
		}
	})
}

func expectStatus(t testing.TB, res *http.Response, want int) {
	t.Helper()
	if res.StatusCode != want {
		t.Errorf("status %d, want %d", res.StatusCode, want)
	}
}

// expectNoCookie checks that a response neither sets nor clears a cookie.
func expectNoCookie(t testing.TB, res *http.Response) {
	t.Helper()
	if lines := res.Header["Set-Cookie"]; len(lines) != 0 {
		t.Errorf("Set-Cookie: %q, want none", lines)
	}
}

func expectNil(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("unexpected error: %v", err)
	}
}

func expectError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// expectEqual compares what was found with what was meant.
func expectEqual[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// A journal writes events down; its add is an Options.OnEvent.
type journal struct {
	mu     sync.Mutex
	events []coatcheck.Event
}

func (j *journal) add(_ context.Context, e coatcheck.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// of returns the events of a kind, of every kind if it is 0.
func (j *journal) of(kind coatcheck.EventKind) []coatcheck.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.events), func(e coatcheck.Event) bool { return kind != 0 && e.Kind != kind })
}

// rejected returns the reasons of the rejections so far.
func (j *journal) rejected() (reasons []string) {
	for _, e := range j.of(coatcheck.EventRejected) {
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

// clear forgets what was written.
func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = nil
}

// newClock returns a clock that stands at the present moment, to the
// millisecond.
func newClock() *coatchecktest.Clock {
	return coatchecktest.NewClock(time.Now().Truncate(time.Millisecond))
}

// stubLife is how long a renewed session's old token is remembered.
const stubLife = time.Minute
