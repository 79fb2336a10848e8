package itest_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// delay is the greatest number of other calls that a late one lets pass.
const delay = 60

// late keeps calls that are to take effect after their caller was told that
// they had failed, as a packet does that was held up on its way.
type late struct {
	waiting atomic.Int64 // len(calls), for a look without the lock

	mu    sync.Mutex
	calls []lateCall
}

type lateCall struct {
	after int // so many calls from now
	run   func()
}

// add holds a call up.
func (l *late) add(run func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, lateCall{1 + rand.IntN(delay), run})
	l.waiting.Store(int64(len(l.calls)))
}

// tick lets one call pass, and then those whose time has come.
func (l *late) tick() {
	if l.waiting.Load() == 0 {
		return
	}
	for _, c := range l.take(func(c *lateCall) bool { c.after--; return c.after <= 0 }) {
		c.run()
	}
}

// drain runs what is left.
func (l *late) drain() {
	for _, c := range l.take(func(*lateCall) bool { return true }) {
		c.run()
	}
}

// take removes and returns the calls that due names.
func (l *late) take(due func(*lateCall) bool) []lateCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []lateCall
	kept := l.calls[:0]
	for _, c := range l.calls {
		if due(&c) {
			out = append(out, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(l.calls[len(kept):])
	l.calls = kept
	l.waiting.Store(int64(len(kept)))
	return out
}
