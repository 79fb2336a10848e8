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
