package coatcheck

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A call is the context of one call to the store. It has the values of its
// parent and a deadline of its own, but not the parent's cancellation: a
// visitor who closes the page must not leave a save half known. The timer
// and the channel are made only if the store asks for them, since most RAM
// stores never do and both are dear.
type call struct {
	parent   context.Context
	deadline time.Duration // on the clock of sinceStart
	alarm    atomic.Pointer[alarm]
}

// An alarm is what a call needs whose channel the store has asked for.
type alarm struct {
	done  chan struct{}
	mu    sync.Mutex
	timer *time.Timer
	err   error // why done is closed
	after []*follower
}

// A follower is a function that runs when a call ends.
type follower struct{ f func() }

// begin prepares c for one call to the store that ends timeout after now, by
// sinceStart, or at parent's deadline when that is sooner. c is not spent.
func (c *call) begin(parent context.Context, now, timeout time.Duration) {
	if d, ok := parent.Deadline(); ok {
		timeout = min(timeout, time.Until(d)) // before now is added: a sum may overflow
	}
	c.parent, c.deadline = parent, now+timeout
}

// end ends the call and frees the timer.
func (c *call) end() {
	if a := c.alarm.Load(); a != nil {
		a.ring(context.Canceled)
	}
}

// spent reports whether c cannot serve another call: once the store has seen
// the channel, it may still be holding it.
func (c *call) spent() bool { return c.alarm.Load() != nil }

// left returns the time until the deadline.
func (c *call) left() time.Duration { return c.deadline - sinceStart() }

func (c *call) Deadline() (time.Time, bool) { return time.Now().Add(c.left()), true }

func (c *call) Value(key any) any { return c.parent.Value(key) }

func (c *call) Done() <-chan struct{} {
	if a := c.alarm.Load(); a != nil {
		return a.done
	}
	a := &alarm{done: make(chan struct{})}
	if !c.alarm.CompareAndSwap(nil, a) {
		return c.alarm.Load().done
	}
	a.set(c.left())
	return a.done
}

// AfterFunc runs f in a goroutine of its own when c ends. Package context looks
// for this method: without it, it starts a goroutine for each context that a
// database driver derives from c, only to wait for that end.
func (c *call) AfterFunc(f func()) (stop func() bool) {
	c.Done()
	return c.alarm.Load().follow(f)
}

func (c *call) Err() error {
	a := c.alarm.Load()
	if a != nil {
		if err := a.rang(); err != nil {
			return err
		}
	}
	if c.left() > 0 {
		return nil
	}
	if a != nil {
		a.ring(context.DeadlineExceeded)
	}
	return context.DeadlineExceeded
}

// set lets a ring in a while, or at once.
func (a *alarm) set(in time.Duration) {
	if in <= 0 {
		a.ring(context.DeadlineExceeded)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.timer = time.AfterFunc(in, func() { a.ring(context.DeadlineExceeded) })
	}
}

// ring closes the channel, once.
func (a *alarm) ring(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return
	}
	a.err = err
	if a.timer != nil {
		a.timer.Stop()
	}
	close(a.done)
	for _, w := range a.after {
		go w.f()
	}
	a.after = nil
}

// follow runs f after the ring. It returns what takes that back, and reports
// whether it was in time.
func (a *alarm) follow(f func()) (stop func() bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		go f()
		return func() bool { return false }
	}
	w := &follower{f}
	a.after = append(a.after, w)
	return func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		n := len(a.after)
		a.after = slices.DeleteFunc(a.after, func(each *follower) bool { return each == w })
		return len(a.after) < n
	}
}

// rang returns why the channel is closed, nil if it is open.
func (a *alarm) rang() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// start is any moment to count from.
var start = time.Now()

// sinceStart reads the monotonic clock alone, which takes half the time that
// time.Now takes for both.
func sinceStart() time.Duration { return time.Since(start) }
