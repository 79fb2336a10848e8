package coatchecktest

import (
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Clock stands still until it is told to move. Give its Now to
// coatcheck.Options and to the store's. The zero Clock shows the zero time;
// make it by [NewClock]. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock { return &Clock{now: start} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, backwards if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// now returns the clock of opts, which may be nil.
func now(opts *coatcheck.Options) func() time.Time {
	if opts == nil {
		return nil
	}
	return opts.Now
}
