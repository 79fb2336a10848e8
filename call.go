package coatcheck

import (
	"context"
	"sync"
	"time"
)

// A call is the context of one call to the store. It has the values of its
// parent and a deadline of its own, but not the parent's cancellation: a
// visitor who closes the page must not leave a save half known. The timer
// and the channel are made only if the store asks for them, since most RAM
// stores never do and both are dear.
type call struct {
	parent   context.Context
	deadline time.Time

	mu    sync.Mutex
	done  chan struct{}
	timer *time.Timer
	err   error
}

// begin prepares c for one call to the store that ends after timeout, or at
// parent's deadline when that is sooner. c is new, or its end said that it may
// be used again.
func (c *call) begin(parent context.Context, timeout time.Duration) {
	c.parent = parent
	c.deadline = time.Now().Add(timeout)
	if d, ok := parent.Deadline(); ok && d.Before(c.deadline) {
		c.deadline = d
	}
	c.err = nil
}

// end frees the timer. It reports whether c may serve another call: once the
// store has seen the channel, it may still be holding it.
func (c *call) end() (reusable bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		return true
	}
	c.finish(context.Canceled)
	return false
}

// finish closes the channel, once. The caller holds mu.
func (c *call) finish(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if c.done != nil {
		c.timer.Stop()
		close(c.done)
	}
}

func (c *call) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *call) Value(key any) any { return c.parent.Value(key) }

func (c *call) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
			return c.done
		}
		c.timer = time.AfterFunc(time.Until(c.deadline), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.finish(context.DeadlineExceeded)
		})
	}
	return c.done
}

func (c *call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && time.Until(c.deadline) <= 0 {
		c.finish(context.DeadlineExceeded)
	}
	return c.err
}
