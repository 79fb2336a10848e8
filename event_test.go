package coatcheck_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// An observed site hears of everything that happens.
type observed struct {
	t      *testing.T
	m      *coatcheck.Manager
	store  *coatchecktest.Store
	clock  *coatchecktest.Clock
	events *journal
	log    bytes.Buffer
	fail   func(op coatchecktest.Op) error // nil: nothing fails
}

func observe(t *testing.T) *observed {
	o := &observed{t: t, clock: newClock(), events: new(journal)}
	o.store = coatchecktest.NewStore(shelf(t, o.clock.Now))
	o.store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
		if o.fail != nil {
			return o.fail(op)
		}
		return nil
	}
	o.m = manage(t, o.store, &coatcheck.Options{
		Now: o.clock.Now, OnEvent: o.events.add,
		Cookie: coatcheck.CookieOptions{Name: "sid"}, // of which a browser may hold several
		Logger: slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return o
}

// fails makes every call of one method fail with err, none with nil.
func (o *observed) fails(op coatchecktest.Op, err error) {
	o.fail = func(each coatchecktest.Op) error {
		if each == op {
			return err
		}
		return nil
	}
}

// figures returns the counter of each kind.
func figures(s coatcheck.Stats) map[coatcheck.EventKind]uint64 {
	return map[coatcheck.EventKind]uint64{
		coatcheck.EventCreated: s.Created, coatcheck.EventRenewed: s.Renewed, coatcheck.EventLogin: s.Logins,
		coatcheck.EventDestroyed: s.Destroyed, coatcheck.EventExpired: s.Expired, coatcheck.EventRejected: s.Rejected,
		coatcheck.EventDuplicate: s.Duplicates, coatcheck.EventReplayed: s.Replayed, coatcheck.EventGone: s.Gone,
		coatcheck.EventLateChange: s.LateChanges, coatcheck.EventDecodeFailure: s.DecodeFailures, coatcheck.EventStoreError: s.StoreErrors,
		coatcheck.EventRefused: s.Refused, coatcheck.EventCapFailure: s.CapFailures,
		coatcheck.EventRotated: s.Rotated, coatcheck.EventReused: s.Reused,
	}
}

// tells checks that act causes exactly these events, in this order, and that
// each is counted once, a sweep as many times as it found something. Kind, ID,
// Old, Owner, Reason and N must be as wanted; Err must be one where the wanted
// event has one.
func (o *observed) tells(what string, act func(), want ...coatcheck.Event) {
	o.t.Helper()
	o.events.clear()
	o.log.Reset()
	before := figures(o.m.Stats())
	act()
	got := o.events.of(0)
	if len(got) != len(want) {
		o.t.Fatalf("%s: %d events, want %d: %+v", what, len(got), len(want), got)
	}
	counted := make(map[coatcheck.EventKind]uint64)
	for i, w := range want {
		g := got[i]
		w.N = max(w.N, 1)
		counted[w.Kind] += uint64(w.N)
		if g.Kind != w.Kind || g.ID != w.ID || g.Old != w.Old || g.Owner != w.Owner || g.Reason != w.Reason || g.N != w.N || !errors.Is(g.Err, w.Err) {
			o.t.Errorf("%s: event %+v, want %+v", what, g, w)
		}
		if !g.Time.Equal(o.clock.Now()) {
			o.t.Errorf("%s: the event is of %v, and it is %v", what, g.Time, o.clock.Now())
		}
		if line := `msg="coatcheck: ` + g.Kind.String() + `"`; !strings.Contains(o.log.String(), line) {
			o.t.Errorf("%s: no line about %q in the log: %s", what, g.Kind, &o.log)
		}
	}
	expectEqual(o.t, what+": lines in the log", strings.Count(o.log.String(), "\n"), len(want))
	for kind, n := range figures(o.m.Stats()) {
		if n-before[kind] != counted[kind] {
			o.t.Errorf("%s: %d counted as %q, want %d", what, n-before[kind], kind, counted[kind])
		}
	}
}

// A session's life, event by event.
func TestEventsOfALife(t *testing.T) {
	o := observe(t)
	v := newVisitor(t, o.m)
	var was coatcheck.Event // what the last step told
	// step runs fn and checks that its one event leads from the ID that there
	// was to the ID that there is.
	step := func(what string, kind coatcheck.EventKind, owner string, fn func(s *coatcheck.Session) error) {
		t.Helper()
		is := coatcheck.Event{Kind: kind, Owner: owner, Old: was.ID}
		o.events.clear()
		before := figures(o.m.Stats())[kind]
		v.visit(func(s *coatcheck.Session) { expectNil(t, fn(s)) })
		is.ID = v.id()
		got := o.events.of(0)
		if len(got) != 1 || got[0].Kind != kind || got[0].ID != is.ID || got[0].Old != is.Old || got[0].Owner != owner || got[0].N != 1 || got[0].Err != nil || got[0].Reason != "" {
			t.Errorf("%s: %+v, want %+v", what, got, is)
		}
		expectEqual(t, what+": counted", figures(o.m.Stats())[kind]-before, 1)
		was = is
	}
	o.tells("a read by a stranger", func() { v.expectAnonymous() })
	step("birth", coatcheck.EventCreated, "", func(s *coatcheck.Session) error { motto.Set(s, "carpe diem"); return nil })
	o.tells("a read and a change", func() { v.visit(func(s *coatcheck.Session) { motto.Set(s, motto.Get(s)+"!") }) })
	step("renewal", coatcheck.EventRenewed, "", func(s *coatcheck.Session) error { return s.Renew(t.Context()) })
	step("login", coatcheck.EventLogin, "ada", func(s *coatcheck.Session) error { return s.Login(t.Context(), "ada") })
	step("renewal of hers", coatcheck.EventRenewed, "ada", func(s *coatcheck.Session) error { return s.Renew(t.Context()) })
	old := v.twin()
	step("another login", coatcheck.EventLogin, "bob", func(s *coatcheck.Session) error { return s.Login(t.Context(), "bob") })
	o.tells("the token before", old.expectAnonymous, coatcheck.Event{Kind: coatcheck.EventRejected, ID: old.id(), Reason: "replaced"})
	id := v.id()
	o.tells("logout", func() { v.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) }) },
		coatcheck.Event{Kind: coatcheck.EventDestroyed, ID: id, Owner: "bob"})
	was = coatcheck.Event{}
	step("login without a session", coatcheck.EventLogin, "eve", func(s *coatcheck.Session) error { return s.Login(t.Context(), "eve") })
	id = v.id()
	o.tells("destroyed by the program", func() { expectNil(t, o.m.Destroy(t.Context(), id)) }, coatcheck.Event{Kind: coatcheck.EventDestroyed, ID: id, Owner: "eve"})
	for range 3 {
		newVisitor(t, o.m).login("sam")
	}
	o.tells("all of one owner", func() {
		n, err := o.m.DestroyOwner(t.Context(), "sam")
		expectNil(t, err)
		expectEqual(t, "destroyed", n, 3)
	}, coatcheck.Event{Kind: coatcheck.EventDestroyed, Owner: "sam", N: 3})
}

// What expires is reported when it is met, and by the sweep that removes it.
func TestEventsOfExpiry(t *testing.T) {
	o := observe(t)
	newVisitor(t, o.m).login("ada")
	newVisitor(t, o.m).begin()
	o.clock.Advance(24 * time.Hour)
	o.tells("a sweep", func() {
		n, err := o.m.Sweep(t.Context())
		expectNil(t, err)
		expectEqual(t, "swept", n, 2)
	}, coatcheck.Event{Kind: coatcheck.EventExpired, N: 2})
	o.tells("a sweep of nothing", func() { _, _ = o.m.Sweep(t.Context()) })

	// A store without a clock leaves it to the manager to see that.
	lazy := observe(t)
	lazy.m = manage(t, shelf(t, nil), &coatcheck.Options{Now: lazy.clock.Now, OnEvent: lazy.events.add,
		Logger: slog.New(slog.NewTextHandler(&lazy.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	v := newVisitor(t, lazy.m).login("ada")
	lazy.clock.Advance(31 * time.Minute)
	lazy.tells("met expired", v.expectAnonymous,
		coatcheck.Event{Kind: coatcheck.EventExpired, ID: v.id(), Owner: "ada"},
		coatcheck.Event{Kind: coatcheck.EventRejected, ID: v.id(), Reason: "unknown"})
}

// What clients send that opens nothing.
func TestEventsOfTokens(t *testing.T) {
	o := observe(t)
	v, other := newVisitor(t, o.m).begin(), newVisitor(t, o.m).begin()
	rejected := func(reason string) coatcheck.Event {
		return coatcheck.Event{Kind: coatcheck.EventRejected, Reason: reason}
	}
	duplicate := coatcheck.Event{Kind: coatcheck.EventDuplicate}
	token := string(v.token())
	for _, test := range []struct {
		sent string
		want []coatcheck.Event
	}{
		{"sid=", []coatcheck.Event{rejected("length")}},
		{"sid=" + strings.Repeat("!", 43), []coatcheck.Event{rejected("characters")}},
		{"sid=" + strings.Repeat("A", 42) + "B", []coatcheck.Event{rejected("trailing bits")}},
		{"sid=x; " + v.cookie, []coatcheck.Event{duplicate}},
		{"sid=x; sid=y", []coatcheck.Event{duplicate, rejected("length")}},
		{v.cookie + "; " + other.cookie, []coatcheck.Event{duplicate, rejected("ambiguous")}},
		{strings.Repeat(v.cookie+"; ", 5), []coatcheck.Event{duplicate, rejected("too many duplicates")}},
		{strings.Repeat("a=b; ", 3000) + v.cookie, []coatcheck.Event{rejected("too many cookies")}},
		{v.cookie, nil},
		{"", nil},
	} {
		o.tells(fmt.Sprintf("%.30q", strings.ReplaceAll(test.sent, token, "TOKEN")), func() {
			(&visitor{t, o.m, test.sent}).visit(func(*coatcheck.Session) {})
		}, test.want...)
	}
	o.tells("Open with nonsense", func() {
		_, err := o.m.Open(t.Context(), "nonsense")
		expectNil(t, err)
	}, rejected("length"))
}

// A picky value decodes from nothing.
type picky struct{}

var errPicky = errors.New("not to my taste")

func (*picky) UnmarshalJSON([]byte) error { return errPicky }

// What comes of changes that meet others, or an end.
func TestEventsOfChanges(t *testing.T) {
	o := observe(t)
	v := newVisitor(t, o.m).login("ada")
	id := v.id()
	o.tells("a replay", func() {
		v.visit(func(s *coatcheck.Session) {
			tally.Get(s)
			v.twin().visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
			tally.Update(s, increment)
		})
	}, coatcheck.Event{Kind: coatcheck.EventReplayed, ID: id, Owner: "ada"})
	v.expectTally(2)

	number := coatcheck.NewKey[picky]("motto")
	v.visit(func(s *coatcheck.Session) { motto.Set(s, "no number") })
	o.tells("a value of another type", func() {
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "the value", number.Get(s), picky{}) })
	}, coatcheck.Event{Kind: coatcheck.EventDecodeFailure, ID: id, Owner: "ada", Reason: "motto", Err: errPicky})

	late := func(sender *visitor) func() {
		return func() {
			sender.serve(func(w http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				w.WriteHeader(http.StatusOK)
				tally.Set(s, 5)
			})
		}
	}
	o.tells("a late birth", late(newVisitor(t, o.m)), coatcheck.Event{Kind: coatcheck.EventLateChange, Err: coatcheck.ErrHeadersSent})
	o.tells("a late change that can be saved", late(v))
	o.tells("a change of what has ended", func() {
		v.twin().visit(func(s *coatcheck.Session) {
			expectNil(t, o.m.Destroy(t.Context(), id))
			tally.Set(s, 9)
		})
	}, coatcheck.Event{Kind: coatcheck.EventDestroyed, ID: id, Owner: "ada"}, coatcheck.Event{Kind: coatcheck.EventGone, ID: id, Owner: "ada"})
}

// What the store says is an event with its error, whatever was asked of it.
func TestEventsOfTheStore(t *testing.T) {
	o := observe(t)
	v := newVisitor(t, o.m).begin()
	broken := errors.New("the disk is full of holes")
	o.fails(coatchecktest.OpLoad, broken)
	o.tells("a load", func() {
		_, err := o.m.Open(t.Context(), v.token())
		expectError(t, err, broken)
	}, coatcheck.Event{Kind: coatcheck.EventStoreError, ID: v.id(), Err: broken})
	o.fails(coatchecktest.OpLoad, coatcheck.ErrCorrupt)
	o.tells("a damaged record", v.expectAnonymous, coatcheck.Event{Kind: coatcheck.EventRejected, ID: v.id(), Reason: "corrupt", Err: coatcheck.ErrCorrupt})
	if !strings.Contains(o.log.String(), "level=ERROR") {
		t.Errorf("damage is not loud: %s", &o.log)
	}
	o.fails(coatchecktest.OpReplace, broken)
	lost := coatcheck.Event{Kind: coatcheck.EventStoreError, ID: v.id(), Err: broken}
	o.tells("a save", func() {
		v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 3)
			expectError(t, s.Save(t.Context()), coatcheck.ErrUncertain)
		})
	}, lost)
	o.fails(coatchecktest.OpTouch, broken)
	o.clock.Advance(10 * time.Minute)
	o.tells("a touch", func() { expectStatus(t, v.visit(func(*coatcheck.Session) {}), http.StatusOK) }, lost)
}

// Every kind has words of its own, and an unknown one says its number.
func TestEventKindStrings(t *testing.T) {
	seen := make(map[string]bool)
	for kind := range figures(coatcheck.Stats{}) {
		name := kind.String()
		if name == "" || seen[name] || strings.Contains(name, "EventKind") {
			t.Errorf("kind %d is called %q", uint8(kind), name)
		}
		seen[name] = true
	}
	for _, kind := range []coatcheck.EventKind{0, coatcheck.EventKind(len(seen) + 1), 255} {
		expectEqual(t, "an unknown kind", kind.String(), fmt.Sprintf("EventKind(%d)", uint8(kind)))
	}
}

// A confidant collects every token that there is, and everything that the
// library says to anybody but the token's client.
type confidant struct {
	*observed
	tokens map[string]bool
	said   bytes.Buffer
}

// hears writes down an error's words, with all that is in it.
func (c *confidant) hears(err error) { fmt.Fprintf(&c.said, "%v\n%+v\n%#v\n", err, err, err) }

// sends makes a request whose handler runs fn, and listens.
func (c *confidant) sends(v *visitor, fn func(s *coatcheck.Session) error) {
	c.tokens[string(v.token())] = true
	res := v.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			c.hears(err)
			coatcheck.Error(w, r, err)
			return
		}
		err = fn(s)
		c.hears(err)
		c.tokens[string(s.Token())] = true
		fmt.Fprintf(&c.said, "%+v %#v %v %q", s.Info(), s.ID(), s.Token(), s.Token())
	})
	c.tokens[string(v.token())] = true
	res.Header.Del("Set-Cookie") // which is for the client
	expectNil(c.t, res.Write(&c.said))
}

// No event, no log line, no error and no page contains a token, whatever is
// done and whatever goes wrong.
func TestEventsHoldNoToken(t *testing.T) {
	c := &confidant{observed: observe(t), tokens: make(map[string]bool)}
	ctx := t.Context()
	operations := map[string]func(s *coatcheck.Session) error{
		"read":  func(s *coatcheck.Session) error { _ = motto.Get(s); return nil },
		"save":  func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) },
		"renew": func(s *coatcheck.Session) error { return s.Renew(ctx) },
		"login": func(s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		"touch": func(s *coatcheck.Session) error { return s.Touch(ctx) },
		"transact": func(s *coatcheck.Session) error {
			return s.Transact(ctx, func(s *coatcheck.Session) error { tally.Set(s, 0); return s.Renew(ctx) })
		},
		"too large": func(s *coatcheck.Session) error { motto.Set(s, strings.Repeat("x", 1<<17)); return s.Save(ctx) },
		"nobody":    func(s *coatcheck.Session) error { return s.Login(ctx, "") },
		"decode":    func(s *coatcheck.Session) error { _, _, err := coatcheck.NewKey[picky]("tally").Lookup(s); return err },
		"gone": func(s *coatcheck.Session) error {
			c.hears(c.m.Destroy(ctx, s.ID()))
			tally.Set(s, 1)
			return s.Save(ctx)
		},
		"destroy": func(s *coatcheck.Session) error { return s.Destroy(ctx) },
	}
	faults := []error{nil, errors.New("connection refused"), coatcheck.ErrCorrupt, coatcheck.ErrFull, coatcheck.ErrNotFound}
	methods := []coatchecktest.Op{coatchecktest.OpLoad, coatchecktest.OpCreate, coatchecktest.OpReplace, coatchecktest.OpTouch, coatchecktest.OpDelete}
	for _, operation := range operations {
		for _, fault := range faults {
			for _, method := range methods {
				c.fails("", nil)
				v := newVisitor(t, c.m).begin()
				c.clock.Advance(5 * time.Minute)
				c.fails(method, fault)
				old := v.twin()
				c.sends(v, operation)
				c.sends(old, operation)
				c.fails("", nil)
				c.sends(old, operation)
			}
		}
	}
	v := newVisitor(t, c.m).begin()
	token := string(v.token())
	c.sends(&visitor{t, c.m, v.cookie + "x"}, operations["read"])
	c.sends(&visitor{t, c.m, v.cookie + "; sid=" + unknownToken(0) + "; sid=x"}, operations["read"])
	c.sends(&visitor{t, c.m, v.cookie + "; sid=" + string(newVisitor(t, c.m).begin().token())}, operations["read"])
	_, err := coatcheck.ParseToken(token[:42] + "!")
	c.hears(err)
	_, err = c.m.Open(ctx, coatcheck.Token(token[:42]))
	c.hears(err)
	for _, e := range c.events.of(0) {
		fmt.Fprintf(&c.said, "%v %+v %#v\n", e, e, e)
	}
	c.said.Write(c.log.Bytes())

	said := c.said.String()
	if len(c.tokens) < 100 || !strings.Contains(said, "connection refused") || !strings.Contains(said, "msg=\"coatcheck: gone\"") {
		t.Fatalf("%d tokens and %d bytes of words: the test has heard too little", len(c.tokens), len(said))
	}
	for token := range c.tokens {
		if len(token) < 20 {
			continue // of no token: "", or one that never was
		}
		// A part of it, at either end, is too much already.
		for _, part := range []string{token[:20], token[len(token)-20:]} {
			if at := strings.Index(said, part); at >= 0 {
				t.Fatalf("a token was told: …%s…", said[max(0, at-200):at])
			}
		}
	}
}
