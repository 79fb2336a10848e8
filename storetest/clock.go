package storetest

import (
	"sync/atomic"
	"time"
)

// A clock is the time of a store that was opened with Suite.OpenAt. It stands
// still until it is set.
type clock struct{ unixNano atomic.Int64 }

// now is what the store under test calls. It is local time, as from time.Now:
// a store must not rely on the zone.
func (c *clock) now() time.Time { return time.Unix(0, c.unixNano.Load()) }

func (c *clock) set(t time.Time) { c.unixNano.Store(t.UnixNano()) }

// reset sets the clock to the time of day.
func (c *clock) reset() { c.set(time.Now()) }
