package hashstore

import (
	"context"
	"errors"

	"github.com/coatcheck/coatcheck"
)

// makeRoom lets a new record in under MaxSessions, or what the largest index can
// have: at the limit what has expired goes first, then the guest that nobody came
// back to for longest. The lock is held.
func (s *Store) makeRoom(t *table, c *change) error {
	limit, whose := uint64(s.opts.MaxSessions), "under Options.MaxSessions"
	if most := mostRecords(); limit == 0 || limit > most {
		limit, whose = most, "in the largest index that the format allows"
	}
	made := false
	for s.mem.load(ctlRecords)+c.ahead >= limit {
		ok, err := s.removeOne(t, c)
		if err != nil {
			return s.reclaim(err) // there is no room to write that it is gone
		}
		if !ok {
			return errNoRoom("no room " + whose)
		}
		made = true
	}
	if made {
		c.slot, c.from = s.find(t, &c.id)
	}
	return nil
}

// removeOne removes something that has expired, or a guest.
func (s *Store) removeOne(t *table, c *change) (bool, error) {
	if n, err := s.removeExpired(t, c.now); n > 0 || err != nil {
		return n > 0, err
	}
	return s.evict(t, c.now)
}

// removeExpired removes what has expired, if anything may have: otherwise the
// index need not be looked through.
func (s *Store) removeExpired(t *table, now int64) (removed int, err error) {
	if uint64(max(now, 0)) < s.mem.load(ctlSoonest) {
		return 0, nil
	}
	soonest := never
	for slot, r := range s.all(t) {
		if !r.inUse() {
			continue
		}
		gone, ends, err := s.sweepSlot(t, slot, now)
		if err != nil {
			return removed, err
		}
		if gone {
			removed++
		} else if ends >= 0 {
			soonest = min(soonest, uint64(ends))
		}
	}
	if s.mem.load(ctlFlags)&flagSick != 0 {
		s.repairIndex() // what is damaged still counts
	}
	s.mem.store(ctlSoonest, soonest)
	return removed, nil
}

// sweepSlot removes the record of a slot if it has expired at now. Otherwise
// it returns when that will be, -1 if there is none.
func (s *Store) sweepSlot(t *table, slot int64, now int64) (gone bool, ends int64, err error) {
	r := ref(s.mem.load(slot + slotRef))
	if !r.inUse() {
		return false, -1, nil
	}
	w := s.mem.load(slot + slotExpiry)
	ends = min(expiry(w).ms(), int64(s.mem.load(slot+slotDeadline)>>16))
	if now < ends {
		return false, ends, nil
	}
	head := make(entry, recHead)
	s.mem.read(head, r.offset())
	if !head.headWhole() {
		if err := s.dropDamaged(t, slot, r); err != nil {
			return false, ends, err
		}
		return true, 0, nil
	}
	if ends = s.ends(slot, head); now < ends {
		return false, ends, nil
	}
	// An older record of the same ID would be live if it came back, or this one,
	// if the sweep runs ahead of the clock.
	clock := millis(s.opts.Now())
	back := head.horizon() > head.deadline() && head.horizon() > min(now, clock) || head.expires() > clock
	// A touch that came in time must not be lost. Only when it is sure that none
	// did comes the tombstone, which stands against the record for ever.
	if !s.mem.swap(slot+slotExpiry, w, uint64(expiryOf(0, expiry(w).tag()+1))) {
		return false, ends, nil
	}
	if back && !mutant("sweep.no-tombstone") {
		if err := s.bury(head.id(), head.horizon()); err != nil {
			s.mem.store(slot+slotExpiry, w)
			return false, ends, err
		}
	}
	s.remove(t, slot, head, r)
	return true, 0, nil
}

// dropDamaged takes a record out of the index of which the head is damaged. A
// tombstone comes first: an earlier record of the session, which the damaged one
// had ended, would come back when the index is made anew.
func (s *Store) dropDamaged(t *table, slot int64, r ref) error {
	if r.inUse() {
		var id coatcheck.ID
		s.mem.read(id[:], slot+slotID)
		if err := s.bury(id, int64(never)); err != nil {
			return err
		}
	}
	s.dropSlot(t, slot, nil, r)
	return nil
}

// bury writes a tombstone to the log.
func (s *Store) bury(id coatcheck.ID, horizon int64) error {
	e := encodeTombstone(nil, id, horizon)
	off, err := s.reserve(recHead)
	if err != nil {
		return err
	}
	seq, generation := s.number(off)
	e.setU64(recSeq, seq)
	e.setU32(recGeneration, generation)
	e.sealHead()
	s.addTombs(s.segmentOf(off), recHead) // first, as in place
	point("delete.append")
	s.mem.write(e, off)
	point("delete.tail")
	s.claim(off, recHead)
	return nil
}

// evictLook is how many guests are compared for the one that expires first.
const evictLook = 8

// evict removes the guest that nobody came back to for longest, or nearly.
func (s *Store) evict(t *table, now int64) (bool, error) {
	var victim int64
	first := int64(never) + 1
	n := s.mem.load(t.next())
	for range evictLook {
		if n == 0 {
			break
		}
		slot := t.slot(n)
		if ms := expiry(s.mem.load(slot + slotExpiry)).ms(); ms < first {
			victim, first = slot, ms
		}
		n = chainPrev(s.mem.load(slot + slotChain))
	}
	if victim == 0 {
		return false, nil
	}
	r := ref(s.mem.load(victim + slotRef))
	head := make(entry, recHead)
	s.mem.read(head, r.offset())
	if !r.inUse() || !head.headWhole() {
		if err := s.dropDamaged(t, victim, r); err != nil {
			return false, err
		}
		// It still stands in the chain and in the figures, and whoever evicts
		// until there is room would find it again and again.
		s.repairIndex()
		return true, nil
	}
	if err := s.bury(head.id(), head.horizon()); err != nil {
		return false, err
	}
	s.remove(t, victim, head, r)
	s.evicted.Add(1)
	return true, nil
}

// reclaim tells of why that giving space back may help, which cannot be done
// as long as the lock is held.
func (s *Store) reclaim(why error) error {
	if errors.Is(why, coatcheck.ErrFull) {
		return errors.Join(errTight, why)
	}
	return why
}

// errTight means that space must be given back first.
var errTight = errors.New("space must be given back first")

// maxSqueeze is how often a change makes room before it gives up.
const maxSqueeze = 16

// squeeze gives space back for a change of n bytes that found none: what is
// dead first, then guests. It returns false if there is nothing to gain.
func (s *Store) squeeze(ctx context.Context, c *change, round int) (bool, error) {
	if round >= maxSqueeze {
		return false, nil
	}
	gained := false
	if round > 0 {
		err := s.locked(ctx, func() (err error) {
			gained, err = s.evictBytes(c, max(s.head.segment/4, 2*int64(len(c.buf))))
			return err
		})
		if err != nil && !errors.Is(err, coatcheck.ErrFull) || !gained {
			return false, err
		}
	}
	moved, err := s.compactAll(ctx, 100)
	if err == nil && !moved {
		moved, err = s.turnOver(ctx)
	}
	if err != nil && !errors.Is(err, coatcheck.ErrFull) {
		return false, err
	}
	// If nothing was dead, the next round evicts.
	return gained || moved || round == 0, s.freeEmptied(ctx)
}

// turnOver compacts the segment in which the log ends, which nobody else does. It
// takes the segment that is kept for that, and under one lock, so that what it
// moves is sure to find room there.
func (s *Store) turnOver(ctx context.Context) (moved bool, err error) {
	err = s.locked(ctx, func() error {
		tail := int64(s.mem.load(ctlTail))
		if tail == 0 || s.mem.load(ctlVictim) != 0 {
			return nil
		}
		n := s.segmentOf(tail - 1)
		dead := tail - s.segmentAt(n) - segmentHead - s.live(n) - s.tombs(n)
		if s.isPending(n) || dead < s.head.segment*minGain/100 {
			return nil
		}
		if err := s.dirty(); err != nil {
			return err
		}
		s.urgent = true
		defer func() { s.urgent = false }()
		if err := s.newSegment(); err != nil {
			return err
		}
		s.mem.store(ctlVictimAt, uint64(s.segmentAt(n)+segmentHead))
		s.mem.store(ctlVictim, uint64(n)+1)
		moved, err = s.compactStep(2 * s.head.segment)
		return err
	})
	return moved, err
}

// evictBytes removes what has expired, or guests of so many bytes.
func (s *Store) evictBytes(c *change, n int64) (gained bool, err error) {
	s.urgent = true
	defer func() { s.urgent = false }()
	t := s.table()
	if removed, err := s.removeExpired(&t, c.now); removed > 0 || err != nil {
		return removed > 0, err
	}
	goal := int64(s.mem.load(ctlLive)) - n
	for int64(s.mem.load(ctlLive)) > goal {
		ok, err := s.evict(&t, c.now)
		if !ok || err != nil {
			return gained, err
		}
		gained = true
	}
	return gained, nil
}
