package coatcheck_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// gathering is a store whose deletions wait until so many are under way.
type gathering struct {
	*memstore.Store
	mu    sync.Mutex
	wants int
	here  int
	all   chan struct{}
	fails coatcheck.ID // this one's deletion,

	panics bool // by a panic
}

func (g *gathering) Delete(ctx context.Context, id coatcheck.ID) error {
	if id[0] != 1 || id[31] != 0 {
		return g.Store.Delete(ctx, id) // a mark
	}
	g.mu.Lock()
	if g.here++; g.here == g.wants {
		close(g.all)
	}
	g.mu.Unlock()
	select {
	case <-g.all:
	case <-ctx.Done():
		return ctx.Err()
	}
	if id == g.fails {
		if g.panics {
			panic("the store is broken")
		}
		return errors.New("the disk is on fire")
	}
	return g.Store.Delete(ctx, id)
}

// gather returns such a store with sessions of one owner.
func gather(t *testing.T, sessions, wants int) (g *gathering, ids []coatcheck.ID) {
	g = &gathering{Store: memstore.New(nil), wants: wants, all: make(chan struct{})}
	now := time.Now()
	for i := range sessions {
		rec := &coatcheck.Record{ID: coatcheck.ID{1, byte(i >> 8), byte(i)}, Owner: "ada", Created: now, AuthTime: now,
			Expires: now.Add(time.Hour), Deadline: now.Add(time.Hour), Version: 1}
		expectNil(t, g.Create(t.Context(), rec))
		ids = append(ids, rec.ID)
	}
	return g, ids
}

// An account with many sessions does not wait for each of them by itself.
func TestDestroyOwnerDeletesSomeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := gather(t, 200, 8)
		m, err := coatcheck.New(g, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
		expectNil(t, err)
		n, err := m.DestroyOwner(t.Context(), "ada")
		expectNil(t, err)
		expectEqual(t, "sessions ended", n, 200)
		expectNil(t, m.Close())
	})
}

// One that cannot be ended is an error, and keeps none of the others.
func TestDestroyOwnerGoesOnBehindAnError(t *testing.T) {
	g, ids := gather(t, 20, 1)
	g.fails = ids[3]
	m := manage(t, g, nil)
	n, err := m.DestroyOwner(t.Context(), "ada")
	if err == nil {
		t.Error("no error")
	}
	expectEqual(t, "sessions ended", n, 19)
	left, _, err := g.Owned(t.Context(), "ada", "", 100)
	expectNil(t, err)
	expectEqual(t, "sessions left", len(left), 1)
}

// A store that panics does so where the caller can recover from it, as in a handler.
func TestDestroyOwnerPanicsInItsCaller(t *testing.T) {
	g, ids := gather(t, 100, 1)
	g.fails, g.panics = ids[3], true
	m := manage(t, g, nil)
	defer func() {
		if r := recover(); r != "the store is broken" {
			t.Errorf("recovered %v", r)
		}
	}()
	_, _ = m.DestroyOwner(t.Context(), "ada")
	t.Error("no panic")
}
