package coatcheck_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A token that opens nothing gives an empty session, which is born under a
// token of its own: a made-up one is never adopted.
func TestOpenBeginsASession(t *testing.T) {
	for name, c := range map[string]struct {
		token  coatcheck.Token
		calls  int
		reason string
	}{
		"no token":             {"", 0, ""},
		"a malformed token":    {"coat", 0, "length"},
		"another alphabet":     {coatcheck.Token(strings.Repeat("+", 43)), 0, "characters"},
		"an unknown token":     {coatcheck.Token(strings.Repeat("A", 43)), 1, "unknown"},
		"one with stray bits":  {coatcheck.Token(strings.Repeat("A", 42) + "B"), 0, "trailing bits"},
		"one character longer": {coatcheck.Token(strings.Repeat("A", 44)), 0, "length"},
	} {
		t.Run(name, func(t *testing.T) {
			store, events := watched(t), new(journal)
			m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
			s, err := m.Open(t.Context(), c.token)
			if err != nil {
				t.Fatal(err)
			}
			expectEqual(t, "new", s.IsNew(), true)
			expectEqual(t, "token", s.Token(), "")
			expectEqual(t, "calls to the store", store.count(""), c.calls)
			expectEqual(t, "reasons", strings.Join(events.rejected(), " "), c.reason)
			motto.Set(s, "carpe diem")
			expectNil(t, s.Save(t.Context()))
			if s.Token() == "" || s.Token() == c.token || s.ID() != m.ID(s.Token()) {
				t.Error("the session has no token of its own")
			}
			again, err := m.Open(t.Context(), s.Token())
			expectNil(t, err)
			expectEqual(t, "motto", motto.Get(again), "carpe diem")
			expectNil(t, again.Login(t.Context(), "ada"))
			expectNil(t, again.Destroy(t.Context()))
			expectEqual(t, "records", len(listed(t, m)), 0)
		})
	}
}

// listed returns the sessions of a manager by their IDs.
func listed(t *testing.T, m *coatcheck.Manager) map[coatcheck.ID]coatcheck.Info {
	t.Helper()
	all := make(map[coatcheck.ID]coatcheck.Info)
	for info, err := range m.All(t.Context()) {
		expectNil(t, err)
		all[info.ID] = info
	}
	return all
}

// Update changes another visitor's session, or nothing.
func TestManagerUpdate(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	v := newVisitor(t, m).begin()
	var kept *coatcheck.Session
	expectNil(t, m.Update(t.Context(), v.id(), func(s *coatcheck.Session) error {
		kept = s
		tally.Set(s, 1)
		expectEqual(t, "ID", s.ID(), v.id())
		expectEqual(t, "token", s.Token(), "") // which nobody but the visitor has
		expectError(t, s.Login(t.Context(), "eve"), coatcheck.ErrNested)
		return nil
	}))
	v.expectTally(1)
	expectError(t, kept.Err(), coatcheck.ErrClosed)
	expectError(t, m.Update(t.Context(), v.id(), func(s *coatcheck.Session) error { tally.Set(s, 2); return errRefused }), errRefused)
	v.expectTally(1)
	nothing := func(*coatcheck.Session) error { t.Error("the function ran"); return nil }
	expectError(t, m.Update(t.Context(), coatcheck.ID{}, nothing), coatcheck.ErrNotFound)
	old := v.id()
	v.login("ada")
	expectError(t, m.Update(t.Context(), old, nothing), coatcheck.ErrNotFound)
	expectNil(t, m.Destroy(t.Context(), v.id()))
	expectNil(t, m.Destroy(t.Context(), v.id())) // a missing one is no error
	expectError(t, m.Update(t.Context(), v.id(), nothing), coatcheck.ErrNotFound)
	v.expectAnonymous()
}

// Sessions lists an owner's sessions and nobody else's; All lists everybody's.
// Either ends when it is told to.
func TestSessionsAndAll(t *testing.T) {
	store := shelf(t, nil)
	m := manage(t, store, nil)
	want := make(map[coatcheck.ID]string)
	for _, owner := range []string{"", "ada", "ada", "Ada", "ada ", "bob", ""} {
		v := newVisitor(t, m).begin()
		if owner != "" {
			v.login(owner) // which leaves a stub that must not be listed
		}
		want[v.id()] = owner
	}
	all := listed(t, m)
	expectEqual(t, "sessions", len(all), len(want))
	for id, info := range all {
		expectEqual(t, "owner", info.Owner, want[id])
		expectEqual(t, "bytes", info.Bytes, len(`{"motto":"carpe diem"}`))
	}
	owned := make(map[coatcheck.ID]bool)
	for info, err := range m.Sessions(t.Context(), "ada") {
		expectNil(t, err)
		expectEqual(t, "owner", want[info.ID], "ada")
		expectEqual(t, "the same in both lists", info, all[info.ID])
		owned[info.ID] = true
	}
	expectEqual(t, "sessions of ada", len(owned), 2)
	for range m.Sessions(t.Context(), "ada") {
		break
	}
	for range m.All(t.Context()) {
		break
	}
	for info, err := range m.Sessions(t.Context(), "") {
		expectError(t, err, coatcheck.ErrInvalid)
		expectEqual(t, "info", info, coatcheck.Info{})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range m.All(ctx) {
		expectError(t, err, context.Canceled)
	}
}

// Two managers on one store never open each other's tokens.
func TestManagersWithOtherNamesAreApart(t *testing.T) {
	store, events := shelf(t, nil), new(journal)
	shop := manage(t, store, &coatcheck.Options{Name: "shop"})
	desk := manage(t, store, &coatcheck.Options{Name: "desk", OnEvent: events.add})
	v := newVisitor(t, shop).begin().login("ada")
	s, err := desk.Open(t.Context(), v.token())
	expectNil(t, err)
	expectEqual(t, "opened", s.IsNew(), true)
	expectEqual(t, "reason", strings.Join(events.rejected(), " "), "unknown")
	if shop.ID(v.token()) == desk.ID(v.token()) {
		t.Error("the token has the same ID at both")
	}
	// Even under the other's cookie name.
	guest := v.at(desk)
	guest.cookie = "__Host-desk=" + string(v.token())
	guest.expectAnonymous()
	v.expectMotto("ada")
	if all := listed(t, desk); len(all) != 1 || all[v.id()].Owner != "ada" {
		t.Errorf("All of the other manager lists %v, want the one session of the store", slices.Collect(maps.Keys(all)))
	}
}

// Nested, both have their sessions in one store and their cookies in one
// response, and FromContext finds either.
func TestNestedManagersOnOneStore(t *testing.T) {
	store := shelf(t, nil)
	outer := manage(t, store, &coatcheck.Options{Name: "outer"})
	inner := manage(t, store, &coatcheck.Options{Name: "inner"})
	stranger := manage(t, store, &coatcheck.Options{Name: "stranger"})
	res := newVisitor(t, outer).serve(inner.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		nearest, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		in, err := inner.FromContext(r.Context())
		expectNil(t, err)
		out, err := outer.FromContext(r.Context())
		expectNil(t, err)
		if nearest != in || in == out {
			t.Error("FromContext mixes the managers up")
		}
		_, err = stranger.FromContext(r.Context())
		expectError(t, err, coatcheck.ErrNoHandler)
		motto.Set(in, "in")
		motto.Set(out, "out")
	})).ServeHTTP)
	cookies := make(map[string]coatcheck.Token)
	for _, c := range res.Cookies() {
		cookies[c.Name] = coatcheck.Token(c.Value)
	}
	expectEqual(t, "cookies", len(cookies), 2)
	for m, want := range map[*coatcheck.Manager][2]string{inner: {"__Host-inner", "in"}, outer: {"__Host-outer", "out"}} {
		s, err := m.Open(t.Context(), cookies[want[0]])
		expectNil(t, err)
		expectEqual(t, want[0], motto.Get(s), want[1])
	}
}

// Outside a handler there is no session, and behind it none any more.
func TestFromContextOutsideAndBehindAHandler(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	for _, from := range []func(context.Context) (*coatcheck.Session, error){coatcheck.FromContext, m.FromContext} {
		s, err := from(t.Context())
		expectError(t, err, coatcheck.ErrNoHandler)
		expectEqual(t, "a session", s != nil, false)
	}
	v := newVisitor(t, m).begin()
	for name, asks := range map[string]bool{"who has asked": true, "who has not": false} {
		t.Run(name, func(t *testing.T) {
			var ctx context.Context
			var kept *coatcheck.Session
			v.serve(func(_ http.ResponseWriter, r *http.Request) {
				ctx = context.WithoutCancel(r.Context())
				if asks {
					kept, _ = coatcheck.FromContext(ctx)
				}
			})
			_, err := coatcheck.FromContext(ctx)
			expectError(t, err, coatcheck.ErrClosed)
			if asks {
				expectClosed(t, v, kept)
			}
		})
	}
	v.expectMotto("")
	v.expectTally(0)
}

// expectClosed checks every use of a session behind its handler.
func expectClosed(t *testing.T, v *visitor, s *coatcheck.Session) {
	t.Helper()
	motto.Set(s, "late")
	tally.Update(s, func(int) int { t.Error("the function of an Update ran"); return 1 })
	motto.Delete(s)
	s.Clear()
	s.SetPersistent(true)
	_, _, err := motto.Lookup(s)
	nothing := func(*coatcheck.Session) error { t.Error("the function of a Transact ran"); return nil }
	for _, err := range []error{err, s.Err(), s.Save(t.Context()), s.Login(t.Context(), "eve"), s.Renew(t.Context()),
		s.Touch(t.Context()), s.Destroy(t.Context()), s.Transact(t.Context(), nothing)} {
		expectError(t, err, coatcheck.ErrClosed)
	}
	expectEqual(t, "motto", motto.Get(s), "")
	expectEqual(t, "keys", len(s.Keys()), 0)
	expectEqual(t, "ID", s.ID(), v.id()) // what it was can be asked
}

// After Close nobody gets a session; a request that has its own is served.
func TestClosedManager(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	v := newVisitor(t, m).begin()
	res := v.visit(func(s *coatcheck.Session) {
		expectNil(t, m.Close())
		expectNil(t, m.Close())
		tally.Set(s, 1)
	})
	expectStatus(t, res, http.StatusOK)
	_, err := m.Open(t.Context(), v.token())
	_, ownerErr := m.DestroyOwner(t.Context(), "ada")
	errs := []error{err, ownerErr, m.Destroy(t.Context(), v.id()),
		m.Update(t.Context(), v.id(), func(*coatcheck.Session) error { return nil })}
	for _, err := range m.All(t.Context()) {
		errs = append(errs, err)
	}
	for _, err := range m.Sessions(t.Context(), "ada") {
		errs = append(errs, err)
	}
	expectEqual(t, "errors", len(errs), 6)
	for _, err := range errs {
		expectError(t, err, coatcheck.ErrClosed)
	}
	res = v.serve(func(w http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		expectError(t, err, coatcheck.ErrClosed)
		_, err = w.Write([]byte("welcome, stranger"))
		if !errors.Is(err, coatcheck.ErrClosed) {
			t.Errorf("Write: %v, want ErrClosed", err)
		}
	})
	expectStatus(t, res, http.StatusServiceUnavailable)
	expectNoCookie(t, res)
}
