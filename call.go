package coatcheck

import (
	"context"
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
}

// begin prepares c for one call to the store that ends timeout after now, by
// sinceStart, or at parent's deadline when that is sooner. c is new, or its end
// said that it may be used again.
func (c *call) begin(parent context.Context, now, timeout time.Duration) {
	c.parent, c.deadline = parent, now+timeout
	if d, ok := parent.Deadline(); ok {
		c.deadline = min(c.deadline, now+time.Until(d))
	}
}

// end frees the timer. It reports whether c may serve another call: once the
// store has seen the channel, it may still be holding it.
func (c *call) end() (reusable bool) {
	a := c.alarm.Load()
	if a != nil {
		a.ring(context.Canceled)
	}
	return a == nil
}

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
