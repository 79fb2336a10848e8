package itest_test

import (
	"sync/atomic"
	"time"
)

// theEpoch is when the tests' clocks begin.
var theEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A clock stands still until it is moved. It is safe for concurrent use: a
// store may look at it at any time.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *clock) set(t time.Time)      { c.nanos.Store(t.UnixNano()) }
func (c *clock) move(d time.Duration) { c.nanos.Add(int64(d)) }

// A ticking clock advances by a millisecond each time somebody looks at it, so
// that no two moments are the same, whatever the machine's speed.
type tickingClock struct{ clock }

func (c *tickingClock) now() time.Time {
	return time.Unix(0, c.nanos.Add(int64(time.Millisecond))).UTC()
}
