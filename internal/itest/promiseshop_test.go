package itest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The settings of a shop.
const (
	shopIdle     = 10 * time.Minute
	shopAbsolute = time.Hour
	shopBytes    = 16 << 10
	shopKeys     = 256
	shopTimeout  = 5 * time.Second        // of a call to the store
	shopHurry    = 100 * time.Millisecond // the same at a server whose store is to fail
	shopPatience = 20 * time.Second       // of a visitor, on a busy machine
)

// A shop is a web site on a store, with two servers and a manager each.
type shop struct {
	*testing.T
	bench    *bench
	clock    *clock
	taps     [2]*tap
	managers [2]*coatcheck.Manager
	servers  [2]*httptest.Server
	gate     *gate

	mu     sync.Mutex
	events map[coatcheck.EventKind]int
}

// openShop opens a shop on a new store of a target, whose servers have these
// timeouts.
func openShop(t *testing.T, target target, timeouts ...time.Duration) *shop {
	return openShopOn(t, target, func(store coatcheck.Store, _ *coatcheck.Options) coatcheck.Store { return store }, timeouts...)
}

// openShopOn is openShop with something between the store and the managers.
func openShopOn(t *testing.T, target target, between func(coatcheck.Store, *coatcheck.Options) coatcheck.Store, timeouts ...time.Duration) *shop {
	s := &shop{T: t, clock: new(clock), events: map[coatcheck.EventKind]int{}}
	s.clock.set(time.Now().Truncate(time.Millisecond))
	s.gate = newGate(s)
	s.bench = target.setUp(scratch(t), s.clock.now, t.Errorf)
	if s.bench.Store == nil {
		t.FailNow()
	}
	t.Cleanup(s.bench.tearDown)
	for i := range s.managers {
		s.taps[i] = newTap(s.bench.Store)
		o := coatcheck.Options{
			Now: s.clock.now, IdleTimeout: shopIdle, AbsoluteTimeout: shopAbsolute,
			AnonymousIdleTimeout: shopIdle, AnonymousAbsoluteTimeout: shopAbsolute,
			StoreTimeout: timeouts[i], SweepInterval: coatcheck.NoSweep, InsecureCookie: true,
			MaxBytes: shopBytes, MaxKeys: shopKeys, Logger: slog.New(slog.DiscardHandler), OnEvent: s.note,
		}
		m, err := coatcheck.New(between(s.taps[i], &o), &o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		s.managers[i] = m
		s.servers[i] = httptest.NewServer(m.Handler(s.mux()))
		t.Cleanup(s.servers[i].Close)
	}
	return s
}

// note counts an event.
func (s *shop) note(_ context.Context, e coatcheck.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events[e.Kind]++
}

// wantsEvents checks how many events of a kind there were since the last time.
func (s *shop) wantsEvents(kind coatcheck.EventKind, want int) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := s.events[kind]; got != want {
		s.Errorf("%d events %q, want %d", got, kind, want)
	}
	s.events[kind] = 0
}

// wantsSome checks that there were events of a kind since the last time.
func (s *shop) wantsSome(kind coatcheck.EventKind) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.events[kind] == 0 {
		s.Errorf("no event %q", kind)
	}
	s.events[kind] = 0
}

// The keys of the shop: a counter, and any number of texts.
var counter = coatcheck.NewKey[int]("counter")

func text(r *http.Request) coatcheck.Key[string] {
	return coatcheck.NewKey[string](r.FormValue("key"))
}

func increment(n int) int { return n + 1 }

// A page is a handler that has the session.
type page func(s *coatcheck.Session, w http.ResponseWriter, r *http.Request) error

// mux has the pages of the shop.
func (s *shop) mux() http.Handler {
	mux := http.NewServeMux()
	for path, p := range map[string]page{
		"/read": read,
		"/add":  add,
		"/set": func(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error {
			text(r).Set(c, r.FormValue("value"))
			return nil
		},
		"/get": get,
		"/login": func(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error {
			return c.Login(r.Context(), r.FormValue("owner"))
		},
		"/renew": func(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error { return c.Renew(r.Context()) },
		"/destroy": func(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error {
			return c.Destroy(r.Context())
		},
		"/slow":   s.slow,
		"/stream": s.stream,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			c, err := coatcheck.FromContext(r.Context())
			if err == nil {
				err = p(c, w, r)
			}
			if err != nil {
				coatcheck.Error(w, r, err)
			}
		})
	}
	return mux
}

// read shows the counter, or that there is no session.
func read(c *coatcheck.Session, w http.ResponseWriter, _ *http.Request) error {
	if c.IsNew() {
		_, err := io.WriteString(w, "nobody")
		return err
	}
	return show(c, w)
}

// get shows a text.
func get(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error {
	said := text(r).Get(c)
	if c.IsNew() {
		said = "nobody"
	}
	_, err := io.WriteString(w, said)
	return err
}

// add counts, and shows the counter as it was saved.
func add(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error {
	counter.Update(c, increment)
	if err := c.Save(r.Context()); err != nil {
		return err
	}
	return show(c, w)
}

func show(c *coatcheck.Session, w http.ResponseWriter) error {
	_, err := fmt.Fprint(w, counter.Get(c))
	return err
}

// slow counts, and waits at the gate before it is saved.
func (s *shop) slow(c *coatcheck.Session, _ http.ResponseWriter, r *http.Request) error {
	counter.Update(c, increment)
	s.gate.pass(r.Context())
	return nil
}

// stream counts, sends a byte, and waits at the gate behind it.
func (s *shop) stream(c *coatcheck.Session, w http.ResponseWriter, r *http.Request) error {
	counter.Update(c, increment)
	if _, err := io.WriteString(w, "."); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return err
	}
	s.gate.pass(r.Context())
	return nil
}

// id returns the ID of a visitor's session.
func (s *shop) id(g *guest) coatcheck.ID {
	s.Helper()
	_, token, _ := cut(g.cookie.get())
	c, err := s.managers[0].Open(context.Background(), coatcheck.Token(token))
	if err != nil {
		s.Fatal(err)
	}
	return c.ID()
}

// record returns what the store has of a visitor's session.
func (s *shop) record(g *guest) *coatcheck.Record {
	s.Helper()
	rec, err := s.bench.Load(context.Background(), s.id(g))
	if err != nil {
		s.Fatal(err)
	}
	return rec
}

// overwrite puts another record in the place of one.
func (s *shop) overwrite(old *coatcheck.Record, rec coatcheck.Record) {
	s.Helper()
	if err := s.bench.Replace(context.Background(), &rec, old.Version); err != nil {
		s.Fatal(err)
	}
}

// records counts what the store has, -1 if it cannot list.
func (s *shop) records() (n int) {
	s.Helper()
	lister, ok := s.bench.Store.(coatcheck.Lister)
	if !ok || !coatcheck.CapabilitiesOf(s.bench.Store).List {
		return -1
	}
	for cursor := ""; ; {
		recs, next, err := lister.List(context.Background(), cursor, 100)
		if err != nil {
			s.Fatal(err)
		}
		n += len(recs)
		if cursor = next; cursor == "" {
			return n
		}
	}
}

// wantsRecords checks that the number of records is what it was.
func (s *shop) wantsRecords(want int) {
	s.Helper()
	if got := s.records(); got != want {
		s.Errorf("the store has %d records, want %d", got, want)
	}
}

var errShut = errors.New("itest: nobody opens the gate")
