package ring_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// TestNothingComesBackFromAFlappingMember takes members down and up, one at a
// time, while clients work through two processes. Each has sessions of its own,
// which may vanish with a member; but one that was seen to be gone stays so,
// and one that is there has what was saved last.
func TestNothingComesBackFromAFlappingMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrio(t, ring.FailOver)
		defer x.one.Close()
		defer x.two.Close()
		var clients sync.WaitGroup
		done := make(chan struct{})
		var vanished, updated atomic.Int64
		for range 12 {
			clients.Go(func() {
				c := &sole{x: x}
				for {
					select {
					case <-done:
						vanished.Add(c.vanished)
						updated.Add(c.updated)
						return
					case <-time.After(rand.N(40 * time.Millisecond)):
						c.act()
					}
				}
			})
		}
		for range 6 {
			store := x.stores[string("abc"[rand.IntN(3)])]
			time.Sleep(time.Second + rand.N(2*time.Second))
			store.mode.Store(1 + rand.Int32N(2))
			time.Sleep(time.Second + rand.N(8*time.Second))
			store.mode.Store(well)
			time.Sleep(rand.N(8 * time.Second))
			if rand.IntN(2) == 0 {
				_, _ = x.one.Rebalance(t.Context(), fast(""))
			}
		}
		close(done)
		clients.Wait()
		epochs := uint64(0)
		for _, m := range x.two.Stats().Members {
			epochs += m.Epoch
		}
		t.Logf("%d members given up, %d updates, %d sessions vanished", epochs, updated.Load(), vanished.Load())
		if updated.Load() < 1000 {
			t.Error("too little happened")
		}
	})
}

// A sole client has its sessions for itself.
type sole struct {
	x                 *trio
	own               []*held
	vanished, updated int64
}

// A held session is what its client knows of it.
type held struct {
	rec   *coatcheck.Record // as it was saved last
	maybe *coatcheck.Record // what may have been saved since
	gone  bool              // it must not come back
	going bool              // it may be gone
}

func (c *sole) act() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	r := c.x.one
	if rand.IntN(2) == 0 {
		r = c.x.two
	}
	if len(c.own) < 30 {
		rec := newRecord()
		if err := r.Create(ctx, rec); err == nil {
			c.own = append(c.own, &held{rec: rec})
		}
		return
	}
	h := c.own[rand.IntN(len(c.own))]
	switch rand.IntN(20) {
	case 0:
		h.going = true
		if err := r.Delete(ctx, h.rec.ID); err == nil {
			h.gone = true
		}
	case 1, 2, 3, 4, 5, 6:
		c.load(ctx, r, h)
	case 7:
		if h.gone && rand.IntN(3) == 0 { // make room for a new one
			*h = *c.own[len(c.own)-1]
			c.own = c.own[:len(c.own)-1]
		}
	default:
		c.update(ctx, r, h)
	}
}

// load compares what is there with what ought to be.
func (c *sole) load(ctx context.Context, r *ring.Ring, h *held) bool {
	got, err := r.Load(ctx, h.rec.ID)
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		if !h.going && !h.gone {
			c.vanished++
		}
		h.gone = true
		return false
	case err != nil:
		return false
	case h.gone:
		c.x.t.Errorf("a session that was gone is back, at version %x", got.Version)
		return false
	case got.Version == h.rec.Version:
	case h.maybe != nil && got.Version == h.maybe.Version:
		h.rec = h.maybe
	default:
		c.x.t.Errorf("a session is at version %x, want %x", got.Version, h.rec.Version)
	}
	return true
}

func (c *sole) update(ctx context.Context, r *ring.Ring, h *held) {
	if !c.load(ctx, r, h) {
		return
	}
	// What is on its way cannot arrive any more: the stores are in memory.
	h.maybe = next(h.rec)
	h.maybe.Version = h.rec.Version&^(1<<32-1) + 1<<32 | uint64(rand.Uint32())
	switch err := r.Replace(ctx, h.maybe, h.rec.Version); {
	case err == nil:
		h.rec, h.maybe = h.maybe, nil
		c.updated++
	case errors.Is(err, coatcheck.ErrConflict):
		c.x.t.Error("a conflict on a session that nobody else changes")
	case errors.Is(err, coatcheck.ErrNotFound):
		h.gone = true
		c.vanished++
	}
}
