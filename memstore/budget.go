package memstore

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// A budget holds the records of all shards together within the limits. Its
// counters never exceed a limit, not even for a moment.
type budget struct {
	sessions, bytes           gauge // all records
	guestSessions, guestBytes gauge // those of them that may be evicted
}

func newBudget(o *Options) *budget {
	b := new(budget)
	b.sessions.limit(int64(o.MaxSessions), 1, "Options.MaxSessions")
	b.bytes.limit(o.MaxBytes, 1, "Options.MaxBytes")
	b.guestSessions.limit(int64(o.MaxSessions), o.AnonymousShare, "the anonymous share of Options.MaxSessions")
	b.guestBytes.limit(o.MaxBytes, o.AnonymousShare, "the anonymous share of Options.MaxBytes")
	return b
}

// fits returns an error if a record would not even fit into an empty store.
func (b *budget) fits(c charge) error {
	most := min(b.bytes.max, maxRecord)
	if c.guest {
		most = min(most, b.guestBytes.max)
	}
	return c.within(most)
}

// change gives back from and takes to, or changes nothing and returns an
// error that wraps ErrFull and names the limit.
func (b *budget) change(from, to charge) error {
	if from == to {
		return nil
	}
	g, h := from.guests(), to.guests()
	steps := [...]struct {
		gauge *gauge
		by    int64
	}{
		{&b.guestSessions, h.sessions() - g.sessions()},
		{&b.guestBytes, h.bytes - g.bytes},
		{&b.sessions, to.sessions() - from.sessions()},
		{&b.bytes, to.bytes - from.bytes},
	}
	// Take first: what was given back might be gone if a later step failed.
	for i, s := range steps {
		if s.by > 0 && !s.gauge.take(s.by) {
			for _, t := range steps[:i] {
				t.gauge.Add(-max(t.by, 0))
			}
			return s.gauge.full
		}
	}
	for _, s := range steps {
		if s.by < 0 {
			s.gauge.Add(s.by)
		}
	}
	return nil
}

// admit takes c although a limit may forbid it.
func (b *budget) admit(c charge) { b.add(c, 1) }

// release gives c back.
func (b *budget) release(c charge) { b.add(c, -1) }

func (b *budget) add(c charge, sign int64) {
	b.sessions.Add(sign * c.sessions())
	b.bytes.Add(sign * c.bytes)
	if c.guest {
		b.guestSessions.Add(sign * c.sessions())
		b.guestBytes.Add(sign * c.bytes)
	}
}

// feasible reports whether evictions can make room to replace from by to:
// whether to fits beside everything that must not be evicted.
func (b *budget) feasible(from, to charge) bool {
	m := from.members()
	sessions := b.sessions.Load() - b.guestSessions.Load() - m.sessions()
	bytes := b.bytes.Load() - b.guestBytes.Load() - m.bytes
	return sessions <= b.sessions.max-to.sessions() && bytes <= b.bytes.max-to.bytes
}

// A gauge is a counter with a limit.
type gauge struct {
	atomic.Int64
	max  int64
	full error // what to return at the limit
}

// limit sets the limit to a share of whole, but to 1 at least: a store that
// can hold anything can hold something of everybody.
func (g *gauge) limit(whole int64, share float64, name string) {
	switch {
	case whole == NoLimit:
		g.max = math.MaxInt64
	case share == 1:
		g.max = whole // which a float64 may be too coarse for
	default:
		g.max = max(1, int64(float64(whole)*share))
	}
	g.full = fmt.Errorf("memstore: no room under %s: %w", name, coatcheck.ErrFull)
}

// take adds n > 0 if the limit allows it.
func (g *gauge) take(n int64) bool {
	for {
		cur := g.Load()
		if cur > g.max-n {
			return false
		}
		if g.CompareAndSwap(cur, cur+n) {
			return true
		}
	}
}

// shown returns the limit as StoreStats has it.
func (g *gauge) shown() int64 {
	if g.max == math.MaxInt64 {
		return 0
	}
	return g.max
}
