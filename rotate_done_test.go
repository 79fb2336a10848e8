package coatcheck_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Who listens goes with the session when another request of this process rotates
// it, and so hears at once what this process does to it afterwards, by its new
// ID or by an old one.
func TestDoneFollowsRotations(t *testing.T) {
	open := func(t *testing.T, store coatcheck.Store) *visitor {
		return newVisitor(t, manage(t, store, &coatcheck.Options{RotateEvery: time.Minute})).begin().login("ada")
	}
	rotate := func(t *testing.T, v *visitor) {
		t.Helper()
		time.Sleep(time.Minute) // in the bubble
		old := v.cookie
		see(v)
		if v.cookie == old {
			t.Fatal("the session was not rotated")
		}
	}
	for _, e := range enders() {
		t.Run(e.name, func(t *testing.T) {
			eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
				v := open(t, store)
				v.twin().visit(func(s *coatcheck.Session) {
					rotate(t, v) // while nobody listens
					expectOpen(t, s)
					see(v)
					rotate(t, v)
					expectOpenNow(t, s)
					e.end(t, v)
					expectDoneNow(t, s, e.why)
				})
			})
		})
	}
	t.Run("by an old ID", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			v := open(t, watched(t))
			id := v.id()
			rotate(t, v)
			v.twin().visit(func(s *coatcheck.Session) {
				expectOpen(t, s)
				expectNil(t, v.m.Destroy(t.Context(), id))
				expectDoneNow(t, s, coatcheck.ErrDestroyed)
			})
		})
	})
}
