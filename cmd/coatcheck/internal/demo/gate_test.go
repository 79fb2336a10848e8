package demo_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// burnable returns a switch that makes every call to the store fail.
func burnable(store *coatchecktest.Store) *atomic.Bool {
	burns := new(atomic.Bool)
	store.Before = func(context.Context, coatchecktest.Op, coatcheck.ID) error {
		if burns.Load() {
			return errors.New("the store is on fire")
		}
		return nil
	}
	return burns
}

// A gate holds back the answer to the next load, once it is shut.
type gate struct {
	mu      sync.Mutex
	reached chan struct{} // closed when an answer is there; nil while open
	open    chan struct{}
}

// newGate returns a gate at the store.
func newGate(store *coatchecktest.Store) *gate {
	g := new(gate)
	store.After = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID, err error) error {
		if op == coatchecktest.OpLoad {
			g.pass()
		}
		return err
	}
	return g
}

// shut makes the next answer wait. It returns a channel that is closed when
// that is there, and a function that lets it go.
func (g *gate) shut() (reached <-chan struct{}, open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reached, g.open = make(chan struct{}), make(chan struct{})
	opened := g.open
	return g.reached, func() { close(opened) }
}

func (g *gate) pass() {
	g.mu.Lock()
	reached, open := g.reached, g.open
	g.reached = nil
	g.mu.Unlock()
	if reached != nil {
		close(reached)
		<-open
	}
}
