package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// sealedBeside are options by which anonymous sessions are sealed, always with
// the same key, and what has ended is noted in revoker.
func sealedBeside(t testing.TB, revoker coatcheck.Store) *coatcheck.Options {
	t.Helper()
	key, err := sealed.ParseKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
	expectNil(t, err)
	sealer, err := sealed.New([]sealed.Key{key}, &sealed.Options{Revoker: revoker})
	if err != nil {
		t.Fatal(err)
	}
	return &coatcheck.Options{AnonymousSealer: sealer}
}

// promotions are the ways in which a sealed session moves into the store.
var promotions = []struct {
	name, owner string
	do          func(ctx context.Context, s *coatcheck.Session) error
}{
	{"Login", "ada", func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") }},
	{"Promote", "", func(ctx context.Context, s *coatcheck.Session) error { return s.Promote(ctx) }},
	{"growth", "", func(ctx context.Context, s *coatcheck.Session) error {
		coatcheck.NewKey[string]("long").Set(s, strings.Repeat("l", 5000))
		return s.Save(ctx)
	}},
}

// A process that dies between any two calls of a promotion, or loses its
// connection, leaves the sealed session that the browser has. Here the store is
// the revoker, too, so that all calls are counted.
func TestPromise2CrashDuringAPromotion(t *testing.T) {
	for name, with := range map[string]func() error{
		"panic":           func() error { panic(errCrash) },
		"connection lost": func() error { return errCrash },
		"context ended":   func() error { return context.Canceled },
	} {
		for _, how := range promotions {
			t.Run(how.name+", "+name, func(t *testing.T) {
				calls := 0
				for n := 0; ; n++ {
					store := watched(t)
					v := newVisitor(t, manage(t, store, sealedBeside(t, store))).begin()
					old := v.twin()
					var err error
					crashed := attempt(t, func() {
						v.visit(func(s *coatcheck.Session) {
							tally.Update(s, increment)
							store.on(crash(n, with))
							err = how.do(t.Context(), s)
							calls = store.count("")
						})
					})
					store.on(nil)
					after := manage(t, store.inner, sealedBeside(t, store.inner)) // the process that comes up again
					if !crashed && err == nil && n >= calls {
						expectEqual(t, "at least two calls", calls >= 2, true)
						return // nothing was left to crash
					}
					if n > 20 {
						t.Fatal("the operation does not end")
					}
					expectOneUsable(t, after, old, "", n)
				}
			})
		}
	}
}

// A crash behind the stub leaves a session whose token nobody holds.
func TestPromise2CrashBehindThePromotion(t *testing.T) {
	for _, how := range promotions {
		t.Run(how.name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, sealedBeside(t, store))).begin()
			old := v.twin()
			if !attempt(t, func() {
				v.visit(func(s *coatcheck.Session) {
					id := s.ID()
					store.on(only("Create", func(_ context.Context, o op, do func() error) error {
						expectNil(t, do())
						if o.id == id {
							panic(errCrash)
						}
						return nil
					}))
					_ = how.do(t.Context(), s)
				})
			}) {
				t.Fatal("no crash")
			}
			after := manage(t, store.inner, sealedBeside(t, store.inner))
			expectOneHeir(t, after, old, how.owner)
		})
	}
}

// One call whose outcome nobody knows, done or not, does no harm at all: the
// promotion finds out and goes on.
func TestPromise2UnknownOutcomeDuringAPromotion(t *testing.T) {
	for name, h := range map[string]hook{"answer lost": answerLost, "not done": notDone} {
		for _, how := range promotions {
			for n := range 6 {
				t.Run(fmt.Sprintf("%s, %s at call %d", how.name, name, n), func(t *testing.T) {
					store := watched(t)
					v := newVisitor(t, manage(t, store, sealedBeside(t, store))).begin()
					old := v.twin()
					var err error
					v.visit(func(s *coatcheck.Session) {
						tally.Update(s, increment)
						store.on(func(ctx context.Context, o op, do func() error) error {
							if o.n == n {
								return h(ctx, o, do)
							}
							return do()
						})
						err = how.do(t.Context(), s)
						store.on(nil)
						if err != nil {
							s.Clear() // what it could not do is not done by the response
						}
					})
					if err != nil { // a load that failed: nothing has happened
						expectError(t, err, errLost)
						old.expectMotto("")
						return
					}
					v.expectMotto(how.owner)
					v.expectTally(1)
					old.expectAnonymous()
				})
			}
		}
	}
}

// Every order of the calls of two or three operations on one sealed session,
// each in a process of its own.
func TestPromise2PromotionInEveryOrder(t *testing.T) {
	ctx := t.Context()
	operations := map[string]func(s *coatcheck.Session) error{
		"Save":    func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) },
		"Renew":   func(s *coatcheck.Session) error { return s.Renew(ctx) },
		"Destroy": func(s *coatcheck.Session) error { return s.Destroy(ctx) },
	}
	for _, p := range promotions {
		operations[p.name] = func(s *coatcheck.Session) error { return p.do(ctx, s) }
	}
	for _, names := range [][]string{
		{"Save", "Login"}, {"Save", "Promote"}, {"Login", "Login"}, {"Login", "Promote"}, {"Promote", "growth"}, {"Login", "Destroy"}, {"Renew", "Login"},
		{"Save", "Login", "Promote"}, {"Login", "growth", "Destroy"}, {"Login", "Login", "Renew"},
	} {
		t.Run(fmt.Sprint(names), func(t *testing.T) {
			explore(t, []int{0, 0, 99, 2}[len(names)], len(names), func(t *testing.T, hooks []hook) ([]func(), func()) {
				store := shelf(t, nil)
				m := manage(t, store, sealedBeside(t, store))
				first := newVisitor(t, m).begin().token()
				fates, do := make([]fate, len(names)), make([]func(), len(names))
				for i, name := range names {
					spy := &spy{inner: store}
					held, err := manage(t, spy, sealedBeside(t, spy)).Open(ctx, first)
					if err != nil || held.IsNew() {
						t.Fatalf("the session does not open: %v", err)
					}
					spy.on(hooks[i])
					do[i] = func() { fates[i].after(held, operations[name](held)) }
				}
				return do, func() { expectOneSuccessor(t, m, first, names, fates) }
			})
		})
	}
}

// expectOneSuccessor checks that at most one operation ended the sealed
// session, and that no token of it opens anything then, those of saves
// included.
func expectOneSuccessor(t *testing.T, m *coatcheck.Manager, first coatcheck.Token, names []string, fates []fate) {
	t.Helper()
	opens := func(token coatcheck.Token) bool {
		s, err := m.Open(t.Context(), token)
		expectNil(t, err)
		return token != "" && !s.IsNew() && motto.Get(s) == "carpe diem"
	}
	ended, destroyed, live := 0, 0, 0
	for i, f := range fates {
		switch {
		case f.err != nil:
			if !errors.Is(f.err, coatcheck.ErrGone) {
				t.Errorf("%s: %v", names[i], f.err)
			}
		case names[i] == "Destroy":
			destroyed++
		case names[i] != "Save":
			ended++
			if opens(f.token) {
				live++
			}
		}
	}
	if ended+destroyed > 1 || live != ended {
		t.Errorf("%d successors, %d of them live, and %d times destroyed, by %v", ended, live, destroyed, names)
	}
	for i, f := range fates {
		if ended+destroyed > 0 && (opens(first) || names[i] == "Save" && opens(f.token)) {
			t.Error("a token of the sealed session opens it")
		}
	}
}
