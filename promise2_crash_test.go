package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// errCrash is what a crashing process dies of.
var errCrash = errors.New("crash")

// crash fails the n-th call and all that follow, by a panic or an error. What
// came before it was done and answered.
func crash(n int, with func() error) hook {
	return func(_ context.Context, o op, do func() error) error {
		if o.n >= n {
			return with()
		}
		return do()
	}
}

// attempt runs fn and reports whether it panicked with errCrash.
func attempt(t *testing.T, fn func()) (crashed bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			if p != errCrash {
				panic(p)
			}
			crashed = true
		}
	}()
	fn()
	return false
}

// A process that dies between any two of the store calls of a login or a
// renewal leaves exactly one session that somebody can open: the old one with
// the token that the browser has, or the new one.
func TestPromise2CrashLeavesOneUsableToken(t *testing.T) {
	for name, with := range map[string]func() error{
		"panic":           func() error { panic(errCrash) },
		"connection lost": func() error { return errCrash },
		"context ended":   func() error { return context.Canceled },
	} {
		for _, start := range []struct {
			name, owner string
			begin       func(v *visitor)
		}{
			{"an anonymous session", "", func(v *visitor) { v.begin() }},
			{"a session of the same owner", "ada", func(v *visitor) { v.begin().login("ada") }},
			{"a session that nobody stored", "none", func(*visitor) {}},
		} {
			for _, how := range successions {
				t.Run(fmt.Sprintf("%s of %s, %s", how.name, start.name, name), func(t *testing.T) {
					calls := 0
					for n := 0; ; n++ {
						store := watched(t)
						v := newVisitor(t, manage(t, store, nil))
						start.begin(v)
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
						after := manage(t, store.inner, nil) // the process that comes up again
						if !crashed && err == nil && n >= calls {
							return // nothing was left to crash
						}
						if n > 20 {
							t.Fatal("the operation does not end")
						}
						expectOneUsable(t, after, old, start.owner, n)
					}
				})
			}
		}
	}
}

// expectOneUsable checks what a crash ahead of call n left: the old session as
// it was. Its successor, if it was made, is litter under a token that nobody
// holds.
func expectOneUsable(t *testing.T, after *coatcheck.Manager, old *visitor, owner string, n int) {
	t.Helper()
	if owner == "none" {
		return // there was none, and no cookie has left
	}
	old.at(after).expectMotto(owner)
	old.at(after).expectTally(0)
	if t.Failed() {
		t.Fatalf("after a crash ahead of call %d", n)
	}
}

// The same, but the call at which the process dies is still done: the crash
// comes before its answer.
func TestPromise2CrashBehindTheDecisiveStep(t *testing.T) {
	for _, how := range successions {
		t.Run(how.name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			old := v.twin()
			if !attempt(t, func() {
				v.visit(func(s *coatcheck.Session) {
					store.on(only("Replace", func(_ context.Context, _ op, do func() error) error {
						expectNil(t, do())
						panic(errCrash)
					}))
					_ = how.do(t.Context(), s)
				})
			}) {
				t.Fatal("no crash")
			}
			after := manage(t, store.inner, nil)
			expectOneHeir(t, after, old, how.owner)
		})
	}
}

// expectOneHeir checks that the token of old opens nothing any more, and that one
// session is there, of owner.
func expectOneHeir(t *testing.T, m *coatcheck.Manager, old *visitor, owner string) {
	t.Helper()
	old.at(m).expectAnonymous()
	left := 0
	for info, err := range m.All(t.Context()) {
		expectNil(t, err)
		expectEqual(t, "owner", info.Owner, owner)
		left++
	}
	expectEqual(t, "sessions that live", left, 1)
}

// A save of another process that lands between any two store calls of a login
// or a renewal is merged into the successor. None is lost, and none revives
// the old token.
func TestPromise2SaveBetweenTheStepsIsMerged(t *testing.T) {
	merged := 0
	for _, how := range successions {
		for n := range 8 {
			t.Run(fmt.Sprintf("%s, ahead of call %d", how.name, n), func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, nil)).begin()
				old, elsewhere := v.twin(), manage(t, store.inner, nil)
				var landed error = errCrash
				here := 0
				v.visit(func(s *coatcheck.Session) {
					tally.Update(s, func(n int) int { return n + 1 })
					store.on(func(ctx context.Context, o op, do func() error) error {
						if o.n == n {
							landed = elsewhere.Update(ctx, old.id(), func(s *coatcheck.Session) error {
								tally.Update(s, func(n int) int { return n + 100 })
								set("theirs", "landed")(s)
								return nil
							})
						}
						return do()
					})
					expectNil(t, how.do(t.Context(), s))
					store.on(nil)
					here = tally.Get(s)
				})
				old.expectAnonymous()
				v.expectMotto(how.owner)
				if landed != nil { // there was no such call
					expectEqual(t, "tally at once", here, 1)
					v.expectTally(1)
					return
				}
				merged++
				expectEqual(t, "tally at once", here, 101)
				v.expectTally(101)
				v.visit(func(s *coatcheck.Session) {
					expectEqual(t, "their key", coatcheck.NewKey[string]("theirs").Get(s), "landed")
				})
			})
		}
	}
	if merged < 4 { // a login has four calls, a renewal two
		t.Errorf("only %d saves landed between the steps", merged)
	}
}

// Many of them, from goroutines of two processes: every save that was
// acknowledged is in the successor, every other was told ErrGone.
func TestPromise2SavesAgainstRenewals(t *testing.T) {
	for _, how := range successions {
		t.Run(how.name, func(t *testing.T) {
			store := shelf(t, nil)
			processes := [2]*coatcheck.Manager{manage(t, store, nil), manage(t, store, nil)}
			v := newVisitor(t, processes[0]).begin()
			for range 30 {
				old := v.twin()
				v.visit(func(s *coatcheck.Session) { tally.Set(s, 0) })
				var acknowledged [8]int
				var renewed error
				together(9, func(i int) {
					if i == 8 {
						v.visit(func(s *coatcheck.Session) { renewed = how.do(t.Context(), s) })
						return
					}
					for range 4 {
						err := processes[i%2].Update(t.Context(), old.id(), func(s *coatcheck.Session) error { tally.Update(s, increment); return nil })
						switch {
						case err == nil:
							acknowledged[i]++
						case !errors.Is(err, coatcheck.ErrGone) && !errors.Is(err, coatcheck.ErrNotFound):
							t.Errorf("save: %v", err)
						}
					}
				})
				expectNil(t, renewed)
				old.expectAnonymous()
				sum := 0
				for _, n := range acknowledged {
					sum += n
				}
				v.expectTally(sum)
			}
		})
	}
}
