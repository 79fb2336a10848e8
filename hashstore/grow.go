package hashstore

import "iter"

// growIndex makes sure that a new record has a slot. The lock is held.
func (s *Store) growIndex(t *table, c *change) error {
	if c.slot != 0 && s.mem.load(ctlUsed)+c.ahead < fill(t.bits) {
		return nil
	}
	bits := bitsFor(s.mem.load(ctlRecords) + c.ahead + 1)
	if c.slot == 0 && bits <= t.bits {
		bits = t.bits + 1
	}
	if bits > mostBits {
		return errNoRoom("the index is as large as the format allows")
	}
	if err := s.moveTable(t, bits); err != nil {
		return s.reclaim(err)
	}
	*t = s.table()
	if c.slot, c.from = s.find(t, &c.id); c.slot == 0 {
		return errNoRoom("the index has no place for the record")
	}
	return nil
}

// mostBits is the size of the largest table. Tests have less.
var mostBits uint = maxTableBits

// mostRecords is how many sessions there may be at most: with more, the largest
// table would have to be made anew for nearly every one, to be rid of its marks.
func mostRecords() uint64 { return fill(mostBits) / 16 * 15 }

// fill is how many slots of a table may be used before it is moved.
func fill(bits uint) uint64 { return 7 << bits / 10 }

// bitsFor returns the size of a table that has room for so many records and
// half as many again: one that is full becomes twice as large. Larger ones are
// in the way, since the processor finds less of them in its caches.
func bitsFor(records uint64) uint {
	return bitsOf(records + records/2)
}

// bitsOf returns the smallest table that may hold so many records.
func bitsOf(records uint64) uint {
	bits := uint(minTableBits)
	for bits < mostBits && fill(bits) < records {
		bits++
	}
	return bits
}

// hinted is what bitsFor makes room for Options.Capacity of.
func (s *Store) hinted() uint64 { return (uint64(s.opts.Capacity)*2 + 2) / 3 }

// moveTable builds the index anew, in other segments. Who reads meanwhile
// finds all in the old one; touches wait, since their slots have been copied.
func (s *Store) moveTable(old *table, bits uint) error {
	defer leave(inside(classGrow))
	t, used, err := s.buildTable(old, bits)
	if err != nil {
		return err
	}
	s.publishTable(old, &t, used)
	return nil
}

// buildTable copies the index. Touches wait from now on until it is published.
func (s *Store) buildTable(old *table, bits uint) (t table, used int, err error) {
	first, err := s.takeTable(bits)
	if err != nil {
		return t, 0, err
	}
	m := &s.mem
	t = s.tableOf(uint64(bits) | uint64(first)<<8)
	edition := m.load(ctlEdition)
	if !mutant("grow.even-edition") {
		m.store(ctlEdition, edition|1)
	}
	point("grow.build")
	if used = s.copySlots(old, &t); used < 0 {
		m.store(ctlEdition, (edition|1)+1)
		s.freeTable(first, bits)
		return t, 0, errNoRoom("the index cannot be spread over its new place")
	}
	s.copyChains(old, &t)
	return t, used, nil
}

// publishTable puts a copy of the index in the place of the old one.
func (s *Store) publishTable(old, t *table, used int) {
	m := &s.mem
	point("grow.publish")
	// The number of the move makes the word another each time.
	next := m.load(ctlEdition)&^1 + 2
	m.store(ctlTable, t.ref|next<<32)
	m.store(ctlUsed, uint64(used))
	m.store(ctlEdition, next)
	point("grow.free")
	s.freeTable(s.segmentOf(old.heads), old.bits)
}

// takeTable takes segments for a table and clears them.
func (s *Store) takeTable(bits uint) (first int, err error) {
	count := s.tableSegments(bits)
	if first, err = s.takeRun(count); err != nil {
		return 0, err
	}
	s.mem.zero(s.segmentAt(first), tableBytes(bits))
	for n := first + 1; n < first+count; n++ {
		s.setState(n, segPart, 0)
	}
	point("grow.state")
	s.setState(first, segIndex, 0)
	return first, nil
}

// tableSegments returns how many segments a table takes.
func (s *Store) tableSegments(bits uint) int {
	return int((tableBytes(bits) + s.head.segment - 1) / s.head.segment)
}

// freeTable frees the segments of a table.
func (s *Store) freeTable(first int, bits uint) {
	for n := first + s.tableSegments(bits) - 1; n >= first; n-- {
		s.setState(n, segFree, 0)
	}
}

// copySlots copies the slots in use and returns how many. -1 means that some
// had no place.
func (s *Store) copySlots(from, to *table) (used int) {
	m := &s.mem
	for slot, r := range s.all(from) {
		if !r.inUse() {
			continue
		}
		var b [slotSize]byte
		e := entry(b[:])
		m.read(b[:], slot)
		id := [32]byte(b[slotID:])
		at, _ := s.find(to, (*idOf)(&id))
		if at == 0 {
			return -1
		}
		e.setU64(slotExpiry, m.load(slot+slotExpiry)) // in one piece
		e.setU64(slotChain, 0)
		m.write(b[:], at)
		used++
	}
	return used
}

// copyChains builds the chains of a new table.
func (s *Store) copyChains(from, to *table) {
	m := &s.mem
	// The guests keep their order: the one to be evicted first comes first.
	steps := min(m.load(ctlGuests), 1<<from.bits+maxProbe)
	for n := m.load(from.next()); n != 0; steps-- {
		if steps == 0 {
			s.sicken() // the chain is a ring
			break
		}
		slot := from.slot(n)
		s.chainCopy(from, to, slot)
		n = chainPrev(m.load(slot + slotChain))
	}
	for slot, r := range s.all(from) {
		if r.inUse() && m.load(slot+slotDeadline)&slotOwned != 0 {
			s.chainCopy(from, to, slot)
		}
	}
}

// chainCopy links the copy of a slot.
func (s *Store) chainCopy(from, to *table, slot int64) {
	var b [32]byte
	s.mem.read(b[:], slot+slotID)
	at, r := s.find(to, (*idOf)(&b))
	if !r.inUse() {
		return
	}
	var head [recHead]byte
	s.mem.read(head[:], r.offset())
	if e := entry(head[:]); e.headWhole() {
		s.linkAt(to, at, e, r)
	}
}

// all yields the slots of a table, with where their records are.
func (s *Store) all(t *table) iter.Seq2[int64, ref] {
	return func(yield func(int64, ref) bool) {
		const stride = 512 // divides the number of slots
		for i := int64(0); i < 1<<t.bits+maxProbe; i += stride {
			from := t.slots + i*slotSize
			b := entry(s.mem.view(from, stride*slotSize))
			for at := 0; at < len(b); at += slotSize {
				if !yield(from+int64(at), ref(b.u64(at+slotRef))) {
					return
				}
			}
		}
	}
}
