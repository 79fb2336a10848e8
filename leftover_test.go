package coatcheck_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// expectOnlyOne checks that a login that has not happened left the session as
// it was, and the owner none that nobody has.
func expectOnlyOne(t *testing.T, v *visitor, store coatcheck.Store) {
	t.Helper()
	v.expectMotto("")
	for _, err := range v.m.Sessions(t.Context(), "ada") {
		t.Errorf("the owner has a session (%v)", err)
	}
	expectEqual(t, "sessions", stored(t, store), 1)
}

// An update function panics in a login that met another save.
func TestPanicUnderALoginLeavesNoSession(t *testing.T) {
	for name, login := range map[string]func(*coatcheck.Session, context.Context) error{
		"Login": func(s *coatcheck.Session, ctx context.Context) error { return s.Login(ctx, "ada") },
		"Renew": (*coatcheck.Session).Renew,
	} {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			elsewhere := v.at(manage(t, store.inner, nil)).twin()
			v.visit(func(s *coatcheck.Session) {
				runs := 0
				tally.Update(s, func(n int) int {
					if runs++; runs == 2 {
						panic("not now")
					}
					return n + 1
				})
				store.on(only("Replace", once(func(_ context.Context, _ op, do func() error) error {
					elsewhere.visit(func(s *coatcheck.Session) { tally.Set(s, 100) })
					return do()
				})))
				func() {
					defer func() { _ = recover() }()
					t.Errorf("the function did not panic: %v", login(s, t.Context()))
				}()
			})
			v.expectTally(101) // the response has saved it
			expectOnlyOne(t, v, store.inner)
		})
	}
}

// A login whose caller has no time left to learn that its record was stored.
func TestLoginOutOfTimeLeavesNoSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).begin()
		v.visit(func(s *coatcheck.Session) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			store.on(only("Create", func(call context.Context, _ op, do func() error) error {
				expectNil(t, do())
				<-call.Done()
				return call.Err()
			}))
			expectError(t, s.Login(ctx, "ada"), context.DeadlineExceeded)
			store.on(nil)
		})
		expectOnlyOne(t, v, store.inner)
	})
}
