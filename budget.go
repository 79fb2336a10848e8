package coatcheck

import (
	"hash/maphash"
	"sync"
	"time"
)

// A budget is a number of births that fills up evenly. What is spent of one is
// kept as the moment at which it will be full again.
type budget struct {
	every time.Duration // in which one comes back
	whole time.Duration // in which all do
}

// newBudget returns a budget of n in window.
func newBudget(n int, window time.Duration) budget {
	every := max(window/time.Duration(n), 1)
	return budget{every, every * time.Duration(n)}
}

// spend takes one from a budget that will be full again at full. It returns
// when it will be full then, or how long to wait for one.
func (b budget) spend(full, now time.Duration) (next, wait time.Duration) {
	next = max(b.believed(full, now), now) + b.every
	return next, max(next-now-b.whole, 0)
}

// believed returns the moment at which a budget will be full again, now if it
// cannot be true: it is further off than that of an empty budget, so the clock
// was put back meanwhile, and nobody should have to wait until it is where it
// was.
func (b budget) believed(full, now time.Duration) time.Duration {
	if full > now+b.whole {
		return now
	}
	return full
}

// A flood counts births. It is safe for concurrent use.
type flood struct {
	begin     time.Time // moments count from here; on a real clock, by the monotonic one
	perClient budget
	total     budget // zero without one

	mu      sync.Mutex
	last    time.Duration // the latest moment that was seen
	full    time.Duration // of all clients
	clients *sketch       // nil without budgets of clients
}

// newFlood returns nil if there are no budgets.
func newFlood(o *Options) *flood {
	if o.Flood.PerClient == 0 && o.Flood.Total == 0 {
		return nil
	}
	f := &flood{begin: o.Now()}
	if n := o.Flood.PerClient; n > 0 {
		f.perClient, f.clients = newBudget(n, o.Flood.Window), &sketch{seed: maphash.MakeSeed()}
	}
	if n := o.Flood.Total; n > 0 {
		f.total = newBudget(n, o.Flood.Window)
	}
	return f
}

// spend takes one birth from the client's budget and from that of all, or from
// neither. A client that goes over its own leaves that of all alone.
func (f *flood) spend(client string, named bool, at time.Time) *FloodError {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.order(at.Sub(f.begin))
	var cells [sketchRows]*time.Duration
	var next time.Duration
	if named && f.clients != nil {
		var wait time.Duration
		cells = f.clients.cells(client)
		if next, wait = f.perClient.spend(least(&cells), now); wait > 0 {
			return &FloodError{Client: client, RetryAfter: wait}
		}
	}
	if f.total.every > 0 {
		full, wait := f.total.spend(f.full, now)
		if wait > 0 {
			return &FloodError{Total: true, RetryAfter: wait}
		}
		f.full = full
	}
	for _, cell := range cells {
		if cell != nil {
			*cell = max(f.perClient.believed(*cell, now), next)
		}
	}
	return nil
}

// order returns the moment to go by, which is not before those that others have
// brought: whoever reads the clock first need not be first here, and must not
// pass for a clock that was put back. The caller holds mu.
func (f *flood) order(now time.Duration) time.Duration {
	if f.last-now > greatestDelay || now > f.last {
		f.last = now
	}
	return f.last
}

// greatestDelay is longer than a goroutine waits between the clock and its
// turn.
const greatestDelay = 5 * time.Second

// A sketch keeps a moment for each of any number of clients in a fixed space: a
// client has one cell in each row, which others may share. No cell is
// before any of its clients' moments, so the least of a client's cells is the
// best that is known. Where the cells are, nobody outside can work out.
type sketch struct {
	seed maphash.Seed
	rows [sketchRows][1 << sketchBits]time.Duration
}

const (
	sketchRows = 4
	sketchBits = 14
)

// cells returns where a client's moment stands.
func (k *sketch) cells(client string) (cells [sketchRows]*time.Duration) {
	h := maphash.String(k.seed, client)
	for row := range cells {
		cells[row] = &k.rows[row][h>>(row*sketchBits)&(1<<sketchBits-1)]
	}
	return cells
}

// least returns the least of a client's cells.
func least(cells *[sketchRows]*time.Duration) time.Duration {
	return min(*cells[0], *cells[1], *cells[2], *cells[3])
}
