//go:build unix

package hashstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// While somebody holds the lock and does not go on, nobody steals it, and the
// others wait no longer than their contexts allow.
func TestHeldLockIsNotStolen(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		o.SweepInterval, o.Durability = hashstore.NoSweep, hashstore.None()
		holder, other := open(t, path, o), open(t, path, o)
		rec := record("alice", 100)
		must(t, other.Create(context.Background(), rec))
		hashstore.Hold(t, holder, func() {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			if err := other.Create(ctx, record("bob", 100)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Create while the lock is held: %v", err)
			}
		})
		if _, err := other.Load(context.Background(), rec.ID); err != nil {
			t.Error(err)
		}
		must(t, other.Create(context.Background(), record("bob", 100)))
		if _, err := other.Load(context.Background(), coatcheck.ID{}); !errors.Is(err, coatcheck.ErrNotFound) {
			t.Errorf("Load of nothing: %v", err)
		}
	})
}
