package hashstore

// repairIndex makes the index and all figures right that a dead holder of the
// lock may have left half done. It goes by the slots in use and the records
// that they point to, and can be interrupted and begun again at any step. The
// lock is held.
func (s *Store) repairIndex() {
	point("repair.begin")
	m := &s.mem
	if e := m.load(ctlEdition); e&1 != 0 {
		m.store(ctlEdition, e+1)
	}
	t := s.table()
	s.voidAppended(&t, int64(s.mem.load(ctlAppended)))
	s.voidAppended(&t, int64(s.mem.load(ctlTail))) // written, but not claimed
	s.trimPending()
	segs := s.segments()
	live := make([]int64, segs)
	var sum tally
	m.zero(t.heads, 4<<t.bits)
	for slot, r := range s.all(&t) {
		if r != refEmpty {
			sum.used++
		}
		if r.inUse() {
			point("repair.slot")
			s.repairSlot(&t, slot, r, live, &sum)
		}
	}
	s.repairSegments(&t, live)
	point("repair.publish")
	m.store(ctlUsed, sum.used)
	m.store(ctlRecords, sum.records)
	m.store(ctlGuests, sum.guests)
	m.store(ctlOwned, sum.owned)
	m.store(ctlLive, uint64(sum.live))
	m.store(ctlSoonest, 0)
	tail := int64(m.load(ctlTail))
	if tail != 0 {
		n := s.segmentOf(tail - 1)
		if st, _ := s.state(max(n, 0)); n < 0 || n >= segs || st != segLog {
			m.store(ctlTail, 0)
		}
	}
	point("repair.end")
	s.clearFlag(flagSick)
}

// voidAppended overwrites the last entry of the log, which is at off, if the
// index does not have it: whoever wrote it died before anybody was told, and it
// must not turn up when the index is made anew.
func (s *Store) voidAppended(t *table, off int64) {
	if off < dataAt+segmentHead || off&7 != 0 || s.segmentOf(off) >= s.segments() {
		return
	}
	if at, n := pendingRange(s.mem.load(ctlPending)); off >= at && off < at+n {
		return // it is one of a writer that may be alive, or else voidPending's
	}
	if off+recHead > s.segmentAt(s.segmentOf(off)+1) {
		return // too near the end of a segment, which may be that of the file
	}
	e := make(entry, recHead)
	s.mem.read(e, off)
	st, generation := s.state(s.segmentOf(off))
	if st != segLog && st != segGiant || e.generation() != generation || !e.headWhole() || e.seq() != s.mem.load(ctlSeq) {
		return
	}
	id := e.id()
	_, r := s.find(t, &id)
	if e.tombstone() && !r.inUse() || r == refOf(off, e.seq()) {
		return
	}
	// The tail first: half of it, if we die as well, is nothing behind the tail.
	if int64(s.mem.load(ctlTail)) == off+e.size() {
		s.mem.store(ctlTail, uint64(off))
	}
	s.mem.zero(off, e.size())
}

// trimPending takes from what a writer had announced what it did not come to
// take: it died before the tail moved, so it wrote nothing there, and the next
// record will stand there.
func (s *Store) trimPending() {
	w, tail := s.mem.load(ctlPending), int64(s.mem.load(ctlTail))
	off, n := pendingRange(w)
	if w == 0 || tail == 0 || s.segmentOf(tail-1) != s.segmentOf(off) || tail >= off+n {
		return
	}
	if tail <= off {
		s.mem.store(ctlPending, 0)
		return
	}
	s.mem.store(ctlPending, uint64(off)>>3|uint64(tail-off)>>3<<33)
}

// A tally is what repairIndex counts.
type tally struct {
	used, records, guests, owned uint64
	live                         int64
}

// repairSlot makes one slot right and counts it.
func (s *Store) repairSlot(t *table, slot int64, r ref, live []int64, sum *tally) {
	m := &s.mem
	off := r.offset()
	n := -1
	if off >= dataAt+segmentHead {
		n = s.segmentOf(off)
	}
	if n < 0 || n >= len(live) || !s.hasRecords(n) {
		m.store(slot+slotRef, uint64(refDeleted))
		return
	}
	sum.records++
	m.store(slot+slotChain, 0)
	var head [recHead]byte
	m.read(head[:], off)
	e := entry(head[:])
	if !e.headWhole() || !s.holds(slot, (*idOf)(head[recID:recID+32])) {
		m.store(slot+slotDeadline, m.load(slot+slotDeadline)&^(slotGuest|slotOwned))
		return // Load says that it is damaged
	}
	m.store(slot+slotDeadline, deadlineWord(e))
	for {
		w := m.load(slot + slotExpiry)
		ends := within(s.ends(slot, e))
		if m.swap(slot+slotExpiry, w, ends<<16|w&0xffff) {
			break
		}
	}
	s.linkAt(t, slot, e, r)
	live[n] += e.size()
	sum.live += e.size()
	if e.guest() {
		sum.guests++
	}
	if e.owned() {
		sum.owned++
	}
}

func (s *Store) hasRecords(n int) bool {
	st, _ := s.state(n)
	return st == segLog || st == segGiant || st == segEmptied
}

// repairSegments frees what belongs to nothing, and sets what is live in the
// others.
func (s *Store) repairSegments(t *table, live []int64) {
	m := &s.mem
	index := s.segmentOf(t.heads)
	end := 0 // of the run that is being passed
	for n := range live {
		st, generation := s.state(n)
		switch {
		case st == segIndex && n == index:
			end = n + s.tableSegments(t.bits)
		case st == segGiant:
			end = n + s.giantSegments(n)
			m.store(entryAt(n, entLive), uint64(live[n]))
			if live[n] == 0 && !s.isPending(n) {
				s.voidAppended(t, s.segmentAt(n)+segmentHead) // written, but not claimed
				s.setState(n, segEmptied, generation)
			}
		case st == segFree:
			s.forgetBegun(n)
		case st == segIndex, st == segPart && n >= end:
			s.setState(n, segFree, 0)
		case st == segLog || st == segEmptied:
			m.store(entryAt(n, entLive), uint64(live[n]))
			if st == segEmptied && live[n] > 0 {
				s.setState(n, segLog, generation)
			}
			if st == segEmptied && s.hasParts(n) {
				end = n + s.giantSegments(n)
			}
		}
	}
}

// giantSegments returns how many segments a giant that begins in n takes.
func (s *Store) giantSegments(n int) int {
	count := 1
	for n+count < s.segments() {
		if st, _ := s.state(n + count); st != segPart {
			break
		}
		count++
	}
	return count
}

// forgetBegun clears the head of a free segment that somebody was about to
// begin.
func (s *Store) forgetBegun(n int) {
	var head [segmentHead]byte
	s.mem.read(head[:], s.segmentAt(n))
	if _, _, ok := s.head.decodeSegment(head[:], n); ok {
		s.mem.zero(s.segmentAt(n), segmentHead)
	}
}

func (s *Store) hasParts(n int) bool { return s.giantSegments(n) > 1 }
