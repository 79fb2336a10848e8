package coatcheck_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Close waits for a sweep that is under way: behind it the program may close
// the store.
func TestCloseWaitsForASweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		m := manage(t, store, &coatcheck.Options{SweepInterval: time.Minute})
		begun, release := make(chan struct{}), make(chan struct{})
		swept := false
		store.on(only("Sweep", once(func(_ context.Context, _ op, do func() error) error {
			close(begun)
			<-release
			err := do()
			swept = true
			return err
		})))
		<-begun
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			expectNil(t, m.Close())
			expectEqual(t, "the sweep is done", swept, true)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close did not wait")
		default:
		}
		close(release)
		<-closed
		expectEqual(t, "sweeps", store.count("Sweep"), 1)
	})
}

// Requests that have their session are served to their end, and so may still
// log their owner out everywhere else.
func TestCloseLetsRequestsDestroyOthers(t *testing.T) {
	store := shelf(t, nil)
	m := manage(t, store, nil)
	v, other := newVisitor(t, m).login("ada"), newVisitor(t, m).login("ada")
	v.visit(func(s *coatcheck.Session) {
		expectNil(t, m.Close())
		n, err := s.DestroyOthers(t.Context())
		expectNil(t, err)
		expectEqual(t, "ended", n, 1)
		_, err = m.DestroyOwner(t.Context(), "ada")
		expectError(t, err, coatcheck.ErrClosed)
	})
	other.m = manage(t, store, nil)
	other.expectAnonymous()
}
