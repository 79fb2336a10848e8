package sealed_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
)

// The keys of these tests. A tally counts, a motto says something.
var (
	tally = coatcheck.NewKey[int]("tally")
	motto = coatcheck.NewKey[string]("motto")
)

// cookieName is that of a manager with default options.
const cookieName = "__Host-id"

func increment(n int) int { return n + 1 }

// torture reports whether the long counts are asked for.
func torture() bool { return os.Getenv("COATCHECK_TORTURE") == "1" }

// testKey returns a key that is always the same.
func testKey(t testing.TB, seed byte) sealed.Key {
	t.Helper()
	secret := make([]byte, 32)
	for i := range secret {
		secret[i] = seed + byte(i)*7
	}
	key, err := sealed.KeyOf(secret)
	expectNil(t, err)
	return key
}

// A setup says how a site is to be made. The zero one has one key, a store in
// memory as revoker and the defaults otherwise.
type setup struct {
	keys    []sealed.Key
	seal    sealed.Options
	options coatcheck.Options
	store   coatcheck.Store // where sessions live that are not anonymous; nil if all are sealed
}

// A site is a server with sealed sessions.
type site struct {
	t       testing.TB
	m       *coatcheck.Manager
	revoker coatcheck.Store
	events  *journal
	url     string
	tasks   sync.Map // what a request is to do, by its number
	number  int
	mu      sync.Mutex
}

// open starts a site that ends with the test.
func open(t testing.TB, with setup) *site {
	t.Helper()
	s := assemble(t, with)
	server := httptest.NewServer(s.handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// assemble makes a site without a server.
func assemble(t testing.TB, with setup) *site {
	t.Helper()
	s := &site{t: t, events: new(journal)}
	if with.keys == nil {
		with.keys = []sealed.Key{testKey(t, 1)}
	}
	if with.seal.Revoker == nil && !with.seal.AllowUnrevocable {
		with.seal.Revoker = newRevoker(t, with.options.Now)
	}
	s.revoker = with.seal.Revoker
	store, err := sealed.New(with.keys, &with.seal)
	if err != nil {
		t.Fatal(err)
	}
	o := with.options
	o.Logger, o.OnEvent, o.SweepInterval = slog.New(slog.DiscardHandler), s.events.add, coatcheck.NoSweep
	main := with.store
	if main == nil {
		main = store
	} else {
		o.AnonymousSealer = store
	}
	if s.m, err = coatcheck.New(main, &o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.m.Close() })
	return s
}

func newRevoker(t testing.TB, now func() time.Time) *memstore.Store {
	store := memstore.New(&memstore.Options{Now: now})
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// handler runs the task that a request names.
func (s *site) handler() http.Handler {
	return s.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		task, ok := s.tasks.LoadAndDelete(r.URL.Query().Get("task"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		task.(http.HandlerFunc)(w, r)
	}))
}

// task notes what a request is to do, and returns its path.
func (s *site) task(h http.HandlerFunc) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	name := strconv.Itoa(s.number)
	s.tasks.Store(name, h)
	return "/?task=" + name
}

// A browser keeps cookies by name.
type browser struct {
	t    testing.TB
	site *site
	jar  map[string]string
}

func (s *site) browser() *browser { return &browser{s.t, s, map[string]string{}} }

// twin returns a browser with copies of the cookies: another request on its
// way at the same time, or a thief.
func (b *browser) twin() *browser { return &browser{b.t, b.site, maps.Clone(b.jar)} }

// at returns the same browser at another site.
func (b *browser) at(s *site) *browser { return &browser{b.t, s, b.jar} }

// header returns the Cookie header.
func (b *browser) header() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(b.jar)) {
		pairs = append(pairs, name+"="+b.jar[name])
	}
	return strings.Join(pairs, "; ")
}

// value returns the session cookie's.
func (b *browser) value() string { return b.jar[cookieName] }

// serve sends one request that h answers. It may be called inside another's.
func (b *browser) serve(h http.HandlerFunc) *http.Response {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.site.url+b.site.task(h), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if header := b.header(); header != "" {
		r.Header.Set("Cookie", header)
	}
	var res *http.Response
	if b.site.url == "" {
		w := httptest.NewRecorder()
		r.URL.Path = "/"
		b.site.handler().ServeHTTP(w, r)
		res = w.Result()
	} else if res, err = http.DefaultClient.Do(r); err != nil {
		b.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	b.keep(res)
	return res
}

// keep does with the Set-Cookie lines what a browser does.
func (b *browser) keep(res *http.Response) {
	for _, line := range res.Header["Set-Cookie"] {
		if len(line) > 4096 {
			b.t.Errorf("a Set-Cookie line has %d bytes", len(line))
		}
	}
	for _, c := range res.Cookies() {
		b.jar[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
}

// visit sends one request that runs fn on its session and writes nothing.
func (b *browser) visit(fn func(s *coatcheck.Session)) *http.Response {
	b.t.Helper()
	return b.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fn(s)
	})
}

// begin starts an anonymous session with a motto.
func (b *browser) begin() *browser {
	b.t.Helper()
	expectStatus(b.t, b.visit(func(s *coatcheck.Session) { motto.Set(s, "carpe diem") }), http.StatusOK)
	if b.value() == "" {
		b.t.Fatal("no cookie came with the first change")
	}
	return b
}

// login logs owner in.
func (b *browser) login(owner string) *browser {
	b.t.Helper()
	expectStatus(b.t, b.visit(func(s *coatcheck.Session) {
		motto.Set(s, "carpe diem")
		expectNil(b.t, s.Login(context.Background(), owner))
	}), http.StatusOK)
	return b
}

// id returns the ID of the session that the cookie holds.
func (b *browser) id() (id coatcheck.ID) {
	b.twin().visit(func(s *coatcheck.Session) { id = s.ID() })
	return id
}

// expectDead checks that the cookie opens nothing.
func (b *browser) expectDead(what string) {
	b.t.Helper()
	res := b.twin().visit(func(s *coatcheck.Session) {
		if !s.IsNew() || s.Owner() != "" || len(s.Keys()) > 0 || !s.ID().IsZero() || s.Token() != "" {
			b.t.Errorf("%s opens a session: owner %q, keys %q", what, s.Owner(), s.Keys())
		}
	})
	expectStatus(b.t, res, http.StatusOK)
	expectNoCookie(b.t, res)
}

// expectLive checks that the cookie opens a session of owner with a motto.
func (b *browser) expectLive(owner string) {
	b.t.Helper()
	b.visit(func(s *coatcheck.Session) {
		if s.IsNew() || s.Owner() != owner || motto.Get(s) != "carpe diem" {
			b.t.Errorf("new %t, owner %q, motto %q; want the session of %q", s.IsNew(), s.Owner(), motto.Get(s), owner)
		}
	})
}

func expectStatus(t testing.TB, res *http.Response, want int) {
	t.Helper()
	if res.StatusCode != want {
		t.Errorf("status %d, want %d", res.StatusCode, want)
	}
}

func expectNoCookie(t testing.TB, res *http.Response) {
	t.Helper()
	if lines := res.Header["Set-Cookie"]; len(lines) > 0 {
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

func expectEqual[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// A journal writes events down. Who waits for one gets it from news.
type journal struct {
	mu     sync.Mutex
	events []coatcheck.Event
	news   chan coatcheck.EventKind
}

func (j *journal) add(_ context.Context, e coatcheck.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
	if j.news != nil {
		j.news <- e.Kind
	}
}

// take returns the reasons of rejections since the last time, joined.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var reasons []string
	for _, e := range j.events {
		if e.Kind == coatcheck.EventRejected {
			reasons = append(reasons, e.Reason)
		}
	}
	j.events = nil
	return strings.Join(reasons, " ")
}

// of counts the events of a kind.
func (j *journal) of(kind coatcheck.EventKind) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// newClock returns a clock that stands at the present moment, to the
// millisecond.
func newClock() *coatchecktest.Clock {
	return coatchecktest.NewClock(time.Now().Truncate(time.Millisecond))
}
