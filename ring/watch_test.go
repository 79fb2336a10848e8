package ring_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// A watcher lets members go that are taken out, and ends when one comes that
// cannot be watched.
func TestWatchFollowsTheMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		members := farm(3, nil)
		last := &watched{Store: members[2].Store.(*memstore.Store), stop: make(chan struct{})}
		members[2].Store = last
		r := newRing(t, members, nil)
		var lost int
		ended := make(chan error, 1)
		go func() {
			ended <- r.Watch(t.Context(), func(c coatcheck.Change) {
				if c.Lost {
					lost++
				}
			})
		}()
		synctest.Wait()
		if err := errors.Join(r.SetMembers(members[:2]), r.Abandon()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		close(last.stop) // it is switched off
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("Watch ends with a member that was taken out: %v", err)
		default:
		}
		if lost == 0 {
			t.Error("a watcher has not heard of the change")
		}
		more := append(slices.Clone(members[:2]), ring.Member{Name: "bare", Store: bare{memstore.New(nil)}, Weight: 1})
		if err := r.SetMembers(more); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, coatcheck.ErrUnsupported) {
			t.Errorf("Watch: %v", err)
		}
	})
}

// A watched store can be switched off.
type watched struct {
	*memstore.Store
	stop chan struct{}
}

func (w *watched) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return errors.New("switched off")
	}
}
