package coatcheck_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Transact that is still running when its handler has returned saves all
// that its function does, or nothing.
func TestTransactOutlivesItsHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		done := make(chan error, 1)
		v.visit(func(s *coatcheck.Session) {
			go func() {
				done <- s.Transact(t.Context(), func(s *coatcheck.Session) error {
					motto.Set(s, "festina lente")
					time.Sleep(time.Minute)
					tally.Set(s, 7)
					expectEqual(t, "motto inside", motto.Get(s), "festina lente")
					return nil
				})
			}()
			synctest.Wait() // it has begun
		})
		expectNil(t, <-done)
		v.expectTally(7)
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "festina lente") })
	})
}
