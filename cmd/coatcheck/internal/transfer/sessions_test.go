package transfer_test

import (
	"errors"
	"testing"

	"github.com/coatcheck/coatcheck"
)

var views = coatcheck.NewKey[int]("views")

// on returns a manager of a store's sessions.
func on(t *testing.T, store coatcheck.Store) *coatcheck.Manager {
	t.Helper()
	m, err := coatcheck.New(store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

// session opens a session by its token.
func session(t *testing.T, m *coatcheck.Manager, token coatcheck.Token) *coatcheck.Session {
	t.Helper()
	s, err := m.Open(t.Context(), token)
	must(t, err)
	return s
}

// Whoever is logged in stays so when a program goes over to TO, and whoever was
// logged out, or has another token since, stays that, too: in the middle of a
// copy, and after it.
func TestSessionsGoOn(t *testing.T) {
	from, to := inFile(t), inMemory()
	old, next := on(t, from), on(t, to)
	ctx := t.Context()
	tokens := map[string]coatcheck.Token{}
	for _, owner := range []string{"ada", "bob", "eve"} {
		s := session(t, old, "")
		views.Set(s, len(owner))
		must(t, s.Login(ctx, owner))
		tokens[owner] = s.Token()
	}
	c := between(t, from, to)
	whole(t, c)
	for owner, token := range tokens {
		if s := session(t, next, token); s.Owner() != owner || views.Get(s) != 3 {
			t.Errorf("%s is %q in TO, with %d", owner, s.Owner(), views.Get(s))
		}
	}

	renewed := session(t, old, tokens["ada"])
	late := session(t, next, tokens["ada"]) // of a slow request
	must(t, renewed.Renew(ctx))
	must(t, session(t, old, tokens["bob"]).Destroy(ctx))
	if n, err := old.DestroyOwner(ctx, "eve"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	whole(t, c)
	equal(t, from, to) // the stub and the mark included
	for owner, token := range tokens {
		if s := session(t, next, token); !s.IsNew() {
			t.Errorf("%s lives in TO under the old token, as %q", owner, s.Owner())
		}
	}
	if s := session(t, next, renewed.Token()); s.Owner() != "ada" {
		t.Errorf("ada is %q under the new token", s.Owner())
	}
	views.Set(late, 99)
	if err := late.Save(ctx); !errors.Is(err, coatcheck.ErrGone) {
		t.Errorf("a slow request saves: %v", err)
	}

	// After the switch TO goes its own way, whatever the last requests do to
	// FROM.
	s := session(t, next, renewed.Token())
	must(t, s.Destroy(ctx))
	views.Set(renewed, 100)
	must(t, renewed.Save(ctx))
	whole(t, c)
	if s := session(t, next, renewed.Token()); !s.IsNew() {
		t.Errorf("ada has logged out of TO, and is %q", s.Owner())
	}
}
