//go:build linux

package crash

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// slack is how much later than it says a store may sync on a busy machine.
const slack = time.Second

// errLost means that a store has lost what it had acknowledged, or brought back
// what had been deleted.
var errLost = errors.New("lost or revived")

// A memory is which values a store may have after its power was cut: those since
// the last one that was safe. It is not needed at level Always, where the
// journal tells all.
type memory struct {
	level Level
	at    time.Time   // of the cut
	keys  [][][]event // by slot and key; each belongs to its worker
}

// An event is a value that was acknowledged.
type event struct {
	v  Value
	at time.Time
}

func newMemory(level Level, slots, keys int) memory {
	m := memory{level: level, keys: make([][][]event, slots)}
	for slot := range m.keys {
		m.keys[slot] = make([][]event, keys)
	}
	return m
}

// acked notes a value that a worker's call has stored.
func (m *memory) acked(slot, key int, v Value, at time.Time) {
	if m.level == Always {
		return
	}
	events := m.keys[slot][key]
	if n := len(events); n > 0 && events[n-1].v.Version == v.Version { // a touch
		events[n-1].v.Expires = v.Expires
		return
	}
	if v.Version == 0 || v.stub() {
		events = events[:0] // what was before must never be seen again
	}
	m.keys[slot][key] = append(events, event{v, at})
}

func (m *memory) cut(at time.Time) { m.at = at }

// may returns the values that a session may have after the cut, apart from one
// that was under way.
func (m *memory) may(slot, key int, acked Value) []Value {
	if m.level == Always {
		return []Value{acked}
	}
	var values []Value
	events := m.keys[slot][key]
	safe := m.level == Interval && len(events) > 0 && m.at.Sub(events[0].at) > IntervalLength+slack
	for _, e := range events {
		if m.level == Interval && m.at.Sub(e.at) > IntervalLength+slack {
			values, safe = values[:0], true
		}
		values = append(values, e.v)
	}
	if !safe {
		values = append(values, Value{})
	}
	return values
}

// settle makes a value the only one. It was safe from the beginning.
func (m *memory) settle(slot, key int, v Value) {
	if m.level != Always {
		m.keys[slot][key] = append(m.keys[slot][key][:0], event{v, time.Time{}})
	}
}

// check holds a store to what was acknowledged before its power was cut.
func (c *Cutter) check(store coatcheck.Store) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if err := c.checkShared(ctx, store); err != nil {
		return err
	}
	for slot := range c.Workers {
		for key := range c.Profile.Keys {
			if err := c.checkKey(ctx, store, slot, key); err != nil {
				return err
			}
		}
	}
	return CheckLists(ctx, store, c.journal, c.Workers, c.Profile.Keys)
}

// checkKey looks at one session. Its deadline may be an earlier one of those
// that it has had since it was written, since touches need not last, but no
// later one.
func (c *Cutter) checkKey(ctx context.Context, store coatcheck.Store, slot, key int) error {
	_, found, err := find(ctx, store, c.journal, slot, key)
	if err != nil {
		return fmt.Errorf("slot %d: %w", slot, err)
	}
	e := &c.journal.Slots[slot].Entries[key]
	acked := e.Acked()
	values := c.memory.may(slot, key, acked)
	if v, ok := e.Pending(); ok {
		values = append(values, v)
	}
	latest := int64(0)
	for _, v := range values {
		if v.Version == found.Version {
			latest = max(latest, v.Expires)
			found.Put = v.Put
		}
	}
	if found.Version != 0 && latest == 0 || found.Version == 0 && !absent(values) || found.Expires < found.Put || found.Expires > latest {
		return fmt.Errorf("%w: slot %d, key %d: found %v; acknowledged was %v; may be any of %v", errLost, slot, key, found, acked, values)
	}
	e.Settle(found)
	c.memory.settle(slot, key, found)
	c.Checked++
	return nil
}

// absent reports whether there may be no session.
func absent(values []Value) bool {
	for _, v := range values {
		if v.Version == 0 {
			return true
		}
	}
	return false
}

// checkShared holds the shared sessions to the additions of all workers, or
// makes them. A store that may lose something may lose them.
func (c *Cutter) checkShared(ctx context.Context, store coatcheck.Store) error {
	for n := range Shared {
		rec, err := store.Load(ctx, SharedID(n))
		if errors.Is(err, coatcheck.ErrNotFound) && (!c.shared || c.Level != Always) {
			rec = c.journal.sharedRecord(n, c.journal.next(0), make([]byte, 8*MaxSlots))
			err = store.Create(ctx, rec)
		}
		if err != nil {
			return c.lost(fmt.Errorf("shared session %d: %w", n, err))
		}
		if c.Level == Always {
			continue
		}
		for slot := range c.Workers {
			sum := &c.journal.Slots[slot].Adds[n]
			got := sumOf(rec, slot)
			if got > (sum.Load()+1)/2 {
				return fmt.Errorf("%w: shared session %d: %d additions, of %d that were made", errLost, n, got, sum.Load()/2)
			}
			sum.Store(2 * got)
		}
	}
	c.shared = true
	for slot := 0; slot < c.Workers && c.Level == Always; slot++ {
		if err := settleShared(ctx, store, c.journal, slot); err != nil {
			return c.lost(err)
		}
	}
	return nil
}

// lost marks an error as a loss, unless it may come from a cut.
func (c *Cutter) lost(err error) error {
	if c.ended.Load() {
		return err
	}
	return fmt.Errorf("%w: %w", errLost, err)
}
