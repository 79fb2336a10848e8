package coatcheck_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

var errRefused = errors.New("refused by the function")

// Transact saves all or nothing, together with what was pending.
func TestTransact(t *testing.T) {
	t.Run("saves its changes and the pending ones before it returns", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		other := v.twin()
		v.visit(func(s *coatcheck.Session) {
			motto.Set(s, "festina lente")
			expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error {
				expectEqual(t, "pending motto inside", motto.Get(s), "festina lente")
				tally.Set(s, 3)
				expectEqual(t, "own change inside", tally.Get(s), 3)
				return nil
			}))
			expectEqual(t, "tally afterwards", tally.Get(s), 3)
			other.visit(func(s *coatcheck.Session) {
				expectEqual(t, "tally of another request", tally.Get(s), 3)
				expectEqual(t, "motto of another request", motto.Get(s), "festina lente")
			})
		})
	})
	t.Run("its error drops only its changes, and is returned as it is", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			err := s.Transact(t.Context(), func(s *coatcheck.Session) error {
				tally.Update(s, increment)
				motto.Delete(s)
				return errRefused
			})
			if err != errRefused {
				t.Errorf("error %v, want the function's own", err)
			}
			expectEqual(t, "tally", tally.Get(s), 1)
			v.expectTally(0) // nothing is saved yet
		})
		v.expectTally(1)
		v.expectMotto("")
	})
	t.Run("its error says nothing about this session, whatever it wraps", func(t *testing.T) {
		for _, other := range []error{coatcheck.ErrGone, coatcheck.ErrUncertain, coatcheck.ErrConflict, coatcheck.ErrNotFound} {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
			expectStatus(t, v.visit(func(s *coatcheck.Session) {
				tally.Set(s, 1)
				expectError(t, s.Transact(t.Context(), func(*coatcheck.Session) error { return other }), other)
			}), http.StatusOK)
			v.expectTally(1)
		}
	})
	t.Run("a change that does not encode drops only its changes", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		expectStatus(t, v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			if err := s.Transact(t.Context(), func(s *coatcheck.Session) error {
				tally.Set(s, 2)
				coatcheck.NewKey[func()]("function").Set(s, func() {})
				return nil
			}); err == nil {
				t.Error("a function was encoded")
			}
			expectNil(t, s.Err())
		}), http.StatusOK)
		v.expectTally(1)
	})
	t.Run("gives birth to a session that is not stored", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil))
		v.visit(func(s *coatcheck.Session) {
			expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error { tally.Set(s, 1); return nil }))
			expectEqual(t, "new", s.IsNew(), false)
		})
		v.expectTally(1)
	})
	t.Run("without a change makes no call to the store", func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).begin()
		v.visit(func(s *coatcheck.Session) {
			store.on(nil)
			expectNil(t, s.Transact(t.Context(), func(*coatcheck.Session) error { return nil }))
			expectEqual(t, "calls", store.count(""), 0)
		})
	})
	t.Run("runs again on the new values when another request came between", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		other := v.twin()
		v.visit(func(s *coatcheck.Session) {
			tally.Update(s, increment)
			var seen []int
			expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error {
				if seen = append(seen, tally.Get(s)); len(seen) < 3 {
					other.visit(func(s *coatcheck.Session) { tally.Update(s, func(n int) int { return n + 10 }) })
				}
				tally.Set(s, tally.Get(s)*2)
				return nil
			}))
			if len(seen) != 3 || seen[0] != 1 || seen[1] != 11 || seen[2] != 21 {
				t.Errorf("the function saw %v, want 1, 11, 21", seen)
			}
			expectEqual(t, "tally afterwards", tally.Get(s), 42)
		})
		v.expectTally(42)
	})
	t.Run("an error in the second run drops its changes as well", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		other := v.twin()
		v.visit(func(s *coatcheck.Session) {
			runs := 0
			expectError(t, s.Transact(t.Context(), func(s *coatcheck.Session) error {
				tally.Set(s, 99)
				if runs++; runs > 1 {
					return errRefused
				}
				other.visit(func(s *coatcheck.Session) { tally.Set(s, 5) })
				return nil
			}), errRefused)
		})
		v.expectTally(5)
	})
	t.Run("what it removed, another's change of the same key does not bring back", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		other := v.twin()
		v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			runs := 0
			expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error {
				if runs++; runs == 1 {
					other.visit(func(s *coatcheck.Session) { tally.Set(s, 5); motto.Set(s, "meanwhile") })
				}
				s.Clear()
				return nil
			}))
			expectEqual(t, "keys", len(s.Keys()), 0)
		})
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "keys", len(s.Keys()), 0) })
	})
}

// Inside a Transact function everything that does I/O on the session is
// ErrNested: on the session that it is given at once, on the one outside,
// which it should not use, after a bounded wait.
func TestNestedOperationsAreAnErrorAndNoDeadlock(t *testing.T) {
	nested := map[string]func(*coatcheck.Session, context.Context) error{
		"Save":     (*coatcheck.Session).Save,
		"Renew":    (*coatcheck.Session).Renew,
		"Destroy":  (*coatcheck.Session).Destroy,
		"Touch":    (*coatcheck.Session).Touch,
		"Login":    func(s *coatcheck.Session, ctx context.Context) error { return s.Login(ctx, "ada") },
		"Transact": func(s *coatcheck.Session, ctx context.Context) error { return s.Transact(ctx, nil) },
	}
	for name, op := range nested {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
				id := v.id()
				v.visit(func(outer *coatcheck.Session) {
					expectNil(t, outer.Transact(t.Context(), func(s *coatcheck.Session) error {
						start := time.Now()
						expectError(t, op(s, t.Context()), coatcheck.ErrNested)
						expectEqual(t, "wait inside", time.Since(start), 0)
						expectError(t, op(outer, t.Context()), coatcheck.ErrNested)
						if d := time.Since(start); d > 2*time.Second {
							t.Errorf("the session outside waited %v", d)
						}
						tally.Update(s, increment)
						return nil
					}))
				})
				expectEqual(t, "ID", v.id(), id)
				v.expectTally(1)
				v.expectMotto("")
			})
		})
	}
	t.Run("changes of the outer session inside the function are kept for the next save", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		v.visit(func(outer *coatcheck.Session) {
			expectNil(t, outer.Transact(t.Context(), func(s *coatcheck.Session) error {
				motto.Set(outer, "from inside")
				tally.Update(s, increment)
				return nil
			}))
			expectEqual(t, "motto", motto.Get(outer), "from inside")
		})
		v.expectTally(1)
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "from inside") })
	})
	t.Run("a view kept from a finished function is closed", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		v.visit(func(s *coatcheck.Session) {
			var kept *coatcheck.Session
			expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error { kept = s; return nil }))
			tally.Set(kept, 5)
			expectError(t, kept.Err(), coatcheck.ErrClosed)
		})
		v.expectTally(0)
	})
}

// A function that panics leaves the session as it was: usable, and with the
// changes that were pending.
func TestPanicInAFunctionReleasesTheSession(t *testing.T) {
	explode := func(int) int { panic(errRefused) }
	for name, op := range map[string]func(*testing.T, *coatcheck.Session, *visitor){
		"Transact": func(t *testing.T, s *coatcheck.Session, _ *visitor) {
			_ = s.Transact(t.Context(), func(s *coatcheck.Session) error { tally.Set(s, 99); panic(errRefused) })
		},
		"Transact, in the second run": func(t *testing.T, s *coatcheck.Session, other *visitor) {
			runs := 0
			_ = s.Transact(t.Context(), func(s *coatcheck.Session) error {
				if runs++; runs > 1 {
					panic(errRefused)
				}
				other.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
				tally.Set(s, 99)
				return nil
			})
		},
		"Update": func(_ *testing.T, s *coatcheck.Session, _ *visitor) { tally.Update(s, explode) },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
			other := v.twin()
			expectStatus(t, v.visit(func(s *coatcheck.Session) {
				motto.Set(s, "still pending")
				expectPanic(t, func() { op(t, s, other) })
				expectEqual(t, "motto", motto.Get(s), "still pending")
			}), http.StatusOK)
			v.visit(func(s *coatcheck.Session) {
				expectEqual(t, "motto", motto.Get(s), "still pending")
				if n := tally.Get(s); n > 1 {
					t.Errorf("tally %d: what the function changed was saved", n)
				}
				// The lane is free, too.
				expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error { tally.Set(s, 7); return nil }))
			})
			v.expectTally(7)
		})
	}
}

// expectPanic runs fn, which must panic with errRefused.
func expectPanic(t *testing.T, fn func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != errRefused {
			t.Errorf("recovered %v, want the function's own panic", got)
		}
	}()
	fn()
}
