package hashstore

import (
	"errors"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// A change is one Create, Replace or Delete on its way into the file. It is
// planned under the lock, written, and published under the lock; with a sync in
// between the lock is given away meanwhile.
type change struct {
	op    class // classPut or classDelete
	id    coatcheck.ID
	rec   *coatcheck.Record // nil for Delete
	fresh bool              // Create
	old   uint64            // the version that Replace expects
	now   int64             // ms
	buf   entry             // what goes into the log
	ahead uint64            // records that are decided before it and not in the index yet

	// Set by plan.
	off    int64 // where buf goes
	slot   int64 // where the record is, or is to be inserted
	from   ref   // the record there
	before entry // its head
	kept   bool  // the session goes on

	again int // how often it was overtaken by others

	err  error
	done chan struct{} // for those that wait for a leader
	head [recHead]byte // room for before
}

// changes are for use again.
var changes = sync.Pool{New: func() any { return &change{buf: make(entry, 0, 4096)} }}

func newChange() *change { return changes.Get().(*change) }

// free makes a change usable again.
func (c *change) free() {
	buf := c.buf
	if cap(buf) > 64<<10 {
		buf = nil // large ones are rare
	}
	*c = change{buf: buf[:0]}
	changes.Put(c)
}

// patience is how often a change may be overtaken before it keeps others waiting.
const patience = 4

// overtaken reports whether that has happened too often.
func (c *change) overtaken() bool { return c.again >= patience }

// errNothing ends a change that has nothing to do, without an error.
var errNothing = errors.New("nothing to do")

// look finds the record that a change is about and decides whether it may go
// on. The lock is held.
func (s *Store) look(t *table, c *change) error {
	c.slot, c.from = s.find(t, &c.id)
	c.kept = false
	c.before = nil
	if c.from == refEmpty {
		return c.missing()
	}
	c.before = c.head[:]
	s.mem.read(c.before, c.from.offset())
	whole := c.before.headWhole() && c.before.id() == c.id
	if !whole {
		c.before = nil
	}
	alive := whole && s.alive(c.slot, c.before, c.now)
	switch {
	case c.op == classDelete:
		return nil
	case !whole && !c.fresh:
		return corrupt("the record is damaged")
	case !whole:
		return corrupt("the record in its place is damaged; Delete removes it")
	case c.fresh && alive:
		return coatcheck.ErrExists
	case !c.fresh && !alive:
		return coatcheck.ErrNotFound
	case !c.fresh && c.before.version() != c.old && !mutant("put.ignore-version"):
		return coatcheck.ErrConflict
	}
	c.kept = !c.fresh
	return nil
}

// missing is look's answer when there is no such record.
func (c *change) missing() error {
	switch {
	case c.op == classDelete:
		return errNothing
	case !c.fresh:
		return coatcheck.ErrNotFound
	}
	return nil
}

// alive reports whether the record in a slot is live at now.
func (s *Store) alive(slot int64, head entry, now int64) bool {
	ends := s.ends(slot, head)
	if mutant("expiry.off-by-one") {
		return now <= ends
	}
	return now < ends
}

// ends returns when the record in a slot expires. A slot may be behind the
// record for the moment between two steps of replace, or if somebody died
// there.
func (s *Store) ends(slot int64, head entry) int64 {
	ms := expiry(s.mem.load(slot + slotExpiry)).ms()
	return min(max(ms, head.expires()), head.deadline())
}

// finish writes what only the holder of the lock knows into the entry: its
// number and generation, the end of the session, and a checksum over that.
func (s *Store) finish(c *change, seq uint64, generation uint32) {
	e := c.buf
	e.setU64(recSeq, seq)
	e.setU32(recGeneration, generation)
	if c.rec != nil {
		ends := int64(e.u64(recExpires))
		horizon := e.deadline()
		if c.before != nil {
			horizon = max(horizon, c.before.horizon())
			if c.kept {
				ends = min(max(ends, s.ends(c.slot, c.before)), e.deadline())
			}
		}
		e.setU64(recExpires, uint64(ends))
		e.setU64(recHorizon, uint64(horizon))
	}
	e.sealHead()
}

// publish brings a change that is in the log into the index. The lock is held.
func (s *Store) publish(t *table, c *change) {
	to := refOf(c.off, c.buf.seq())
	switch {
	case c.op == classDelete:
		s.dropSlot(t, c.slot, c.before, c.from)
	case c.from == refEmpty:
		s.insert(t, c.slot, c.buf, to)
	default:
		s.replace(t, c.slot, c.before, c.buf, c.from, to, c.kept)
	}
	if c.rec != nil {
		if ends := uint64(c.buf.expires()); ends < s.mem.load(ctlSoonest) {
			s.mem.store(ctlSoonest, ends)
		}
	}
}

// dropSlot removes a record of which the head may be damaged: then it is not
// known in which chain it stands and what it counts for, and the repair finds
// out.
func (s *Store) dropSlot(t *table, slot int64, head entry, from ref) {
	if head == nil {
		s.sicken()
		s.mem.store(slot+slotRef, uint64(refDeleted))
		return
	}
	s.remove(t, slot, head, from)
}
