package ring_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A session that was touched while it moved lives as long as the touch says,
// even if the mover crashes behind the commit and nobody comes for a while.
func TestTouchOutlivesACrashedMove(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			x := newExplorer(seed)
			x.idBetween("aba", "abcc")
			old, mover := x.actor("old", "ab"), x.actor("mover", "ab", "abc")
			x.lives(old)
			x.run(map[*actor]func(*actor){mover: func(a *actor) { _, _ = a.ring.Load(context.Background(), x.id) }})
			mover.calls = 4 // a look at both places, the copy, the stub
			var touched outcome
			x.run(map[*actor]func(*actor){
				mover: func(a *actor) { a.rebalance() },
				old:   func(a *actor) { touched = a.touch(lifespan + 500) },
			})
			time.Sleep((lifespan + 100) * time.Second)
			x.run(map[*actor]func(*actor){old: func(a *actor) {
				if got := a.load(); touched.known && (got.version != 1 || got.seconds != lifespan+500) {
					t.Errorf("seed %d: a session that was touched is %+v, steps %q", seed, got, x.steps)
				}
			}})
			time.Sleep(400 * time.Second)
			x.run(map[*actor]func(*actor){old: func(a *actor) {
				if got := a.load(); touched.known && got.version != 0 {
					t.Errorf("seed %d: a session has outlived its deadline: %+v", seed, got)
				}
			}})
		})
	}
}
