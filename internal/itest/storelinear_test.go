package itest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// The size of one history. What it costs to check grows beyond all bounds with
// the open operations of one session, so there are many histories rather than
// long ones.
const (
	storeClients = 8
	storeLength  = 56 // operations for each session
)

// crowds are the numbers of sessions on which the clients of a history meet.
var crowds = [...]int{20, 8, 4}

// TestStoresAreLinearizable: on every store, what concurrent clients see is what
// they would see if each call took effect in one moment, whatever answers are
// lost.
func TestStoresAreLinearizable(t *testing.T) {
	eachTarget(t, func(t *testing.T, target target) {
		b := target.setUp(scratch(t), time.Now, t.Errorf)
		defer b.tearDown()
		model := storeModel()
		sum := newTally(t, target.name)
		for goal := target.scale(50_000, 1_000_000); sum.operations < goal || sum.histories < len(weathers); {
			weather, crowd := weathers[sum.histories%3], crowds[sum.histories/3%3]
			h := storeHistory(b, weather, crowd, fmt.Sprint("history ", sum.histories))
			requireLinear(t, model, h)
			sum.add(h, weather, model)
		}
		sum.close(answerNames[:]...)
	})
}

// storeHistory lets clients work on a store, in some weather, and returns what
// they saw. The store is left as it was before.
func storeHistory(b *bench, weather odds, crowd int, name string) *history {
	f := &faulty{inner: b.Store, odds: weather}
	w := &storeWorld{store: f, name: name, start: time.Now().UTC().Truncate(time.Millisecond), size: crowd, report: b.report}
	h := newHistory(storeClients)
	together(h.clients, func(c *client) { newStoreClient(c, w).run(storeLength * crowd / storeClients) })
	f.late.drain()
	h.settle()
	b.again()
	w.store = b.Store
	last := newStoreClient(h.clients[0], w)
	for session := range w.size {
		last.one(&storeOp{session: session, call: callLoad})
		if err := b.Delete(context.Background(), w.id(session)); err != nil {
			b.report("cleaning up: %v", err)
		}
	}
	return h
}

// maxHistories is how many histories a broken store may survive.
const maxHistories = 50

// TestBrokenStoresAreNotLinearizable: the histories are rich enough to show each
// fault.
func TestBrokenStoresAreNotLinearizable(t *testing.T) {
	model := storeModel()
	for _, b := range breaches {
		t.Run(b.name, func(t *testing.T) {
			for n := range maxHistories {
				bench := b.target().setUp("", time.Now, t.Logf)
				h := storeHistory(bench, weathers[n%3], crowds[n/3%3], b.name)
				if linear(model, h) == porcupine.Illegal {
					t.Logf("found by history %d", n+1)
					return
				}
			}
			t.Errorf("%d histories found nothing wrong", maxHistories)
		})
	}
}
