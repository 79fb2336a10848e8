package hashstore

import (
	"github.com/coatcheck/coatcheck"
)

// checkSegment compares segment n of records with what the table says of it.
// Between its records must be nothing, unless the machine stopped since.
func (x *audit) checkSegment(n int, b entry, from int64) {
	if n >= x.all.len() {
		return
	}
	s := x.s
	end := x.all.used(n)
	strict := end != 0
	if tail := int64(s.mem.load(ctlTail)); tail > from && tail <= s.segmentAt(n+1) && tail&7 == 0 && x.all.state(n) == segLog {
		end, strict = tail-from, x.all.used(n) == 0
	}
	if !strict || x.all.state(n) != segLog {
		return
	}
	if end > int64(len(b)) || end < segmentHead {
		x.r.add("segment %d ends outside of itself", n)
		return
	}
	generation := x.all.generation(n)
	for at := int64(segmentHead); at < end; {
		e := b[at:end]
		switch {
		case len(e) >= recHead && e.generation() == generation && e.headWhole() && e.size() <= int64(len(e)) && e.bodyWhole():
			if !blank(e[recHead+e.body() : e.size()]) {
				x.r.add("the bytes behind the record at %d are not zero", from+at)
			}
			at += e.size()
		case e.u64(0) == 0 || x.isPending(from+at):
			at += 8
		default:
			x.r.add("the record at %d is damaged", from+at)
			return // what else is wrong here, the scan and the index tell
		}
	}
}

// isPending reports whether a writer that waits for the disk, or died doing
// so, has that place.
func (x *audit) isPending(at int64) bool {
	w := x.s.mem.load(ctlPending)
	off, n := pendingRange(w)
	return w != 0 && at >= off && at < off+n
}

// bad reports a fault for which the index cannot be trusted.
func (x *audit) bad(format string, args ...any) {
	x.broken = true
	x.r.add(format, args...)
}

// checkStates compares the table of segments with their heads.
func (x *audit) checkStates() {
	s := x.s
	index := int(s.mem.load(ctlTable) >> 8 & 0xffffff)
	parts := 0
	for n := range x.all.len() {
		st := x.all.state(n)
		f, known := x.scan.states[n]
		if known && st == f.state && parts == 0 {
			parts = f.parts
			x.r.Segments++
			if f.born != x.all.born(n) || uint32(f.born) != x.all.generation(n) {
				x.bad("segment %d has a head of another time", n)
			}
			continue
		}
		switch {
		case st == segPart && parts > 0:
			parts--
		case st == segIndex:
			x.r.Segments++
			if parts = s.tableSegments(uint(s.mem.load(ctlTable)&0xff)) - 1; n != index {
				x.bad("segment %d has an index that is not in use", n)
				parts = x.all.parts(n) - 1
			}
		case st == segLog || st == segGiant:
			x.bad("segment %d has records, but its head is damaged", n)
			parts = x.all.parts(n) - 1
		case st == segEmptied:
			parts = x.all.parts(n) - 1 // of a large record
		case st == segPart:
			x.bad("segment %d is part of nothing", n)
		case st > segEmptied:
			x.bad("segment %d is in state %d, which there is not", n, st)
		case known && st != segEmptied && parts == 0:
			x.bad("segment %d has records, but counts as free", n)
		}
	}
	for n := range x.scan.states {
		if n >= x.all.len() {
			x.bad("segment %d has records, but is behind the last one", n)
		}
	}
	if n := x.scan.segments; n < x.all.len() {
		x.bad("the file is cut off: it has %d of %d segments", n, x.all.len())
	}
}

// checkSlots compares the index with the log.
func (x *audit) checkSlots() {
	for slot, r := range x.s.all(&x.t) {
		switch {
		case r == refEmpty:
			continue
		case !r.inUse():
			if r != refDeleted {
				x.bad("slot %d is neither in use nor deleted", x.t.number(slot))
			}
			x.used++
			continue
		}
		x.used++
		x.records++
		x.checkSlot(slot, r)
	}
}

// checkSlot compares one slot with its record.
func (x *audit) checkSlot(slot int64, r ref) {
	s, n := x.s, x.t.number(slot)
	var id coatcheck.ID
	s.mem.read(id[:], slot+slotID)
	off := r.offset()
	seg := s.segmentOf(off)
	if off < dataAt+segmentHead || seg >= x.all.len() || !x.all.records(seg) {
		x.bad("slot %d points to where no records are", n)
		return
	}
	e, err := s.copyEntry(r)
	if err != nil || !e.headWhole() || !e.bodyWhole() || e.tombstone() || e.generation() != x.all.generation(seg) {
		x.blame(slot, r, id)
		return
	}
	if e.id() != id || refOf(off, e.seq()) != r {
		x.bad("slot %d points to the record of another", n)
		return
	}
	if _, err := e.decode(); err != nil {
		x.lose(slot, id, "the data at %d does not decompress", off)
		return
	}
	x.r.Records++
	x.r.Bytes += e.size()
	x.live[seg] += e.size()
	if e.guest() {
		x.guests++
	}
	if e.owned() {
		x.owned++
	}
	if f, ok := x.scan.latest[id]; ok && f.seq > e.seq() && !x.isPending(f.off) {
		x.bad("slot %d points to a record that has been replaced or deleted", n)
	}
	if at, _ := s.find(&x.t, &id); at != slot {
		x.bad("slot %d cannot be found by its ID", n)
	}
	if s.mem.load(slot+slotDeadline) != deadlineWord(e) {
		x.bad("slot %d has another deadline than its record", n)
	}
	if ms := expiry(s.mem.load(slot + slotExpiry)).ms(); uint64(ms) < within(e.expires()) || uint64(ms) > within(e.deadline()) && e.expires() < e.deadline() {
		x.bad("slot %d expires at a time that its record does not allow", n)
	}
}

// blame finds out which of a slot and the record that it points to is damaged.
func (x *audit) blame(slot int64, r ref, id coatcheck.ID) {
	n, off := x.t.number(slot), r.offset()
	f, ok := x.scan.latest[id]
	if ok && (f.off == off || refOf(f.off, f.seq) == r&^refOffset|ref(f.off>>3)) {
		x.bad("slot %d points beside its record at %d", n, f.off)
		return
	}
	x.lose(slot, id, "the record of slot %d, at %d, is damaged", n, off)
}

// lose reports a record that is lost.
func (x *audit) lose(slot int64, id coatcheck.ID, format string, args ...any) {
	x.r.Damaged++
	x.lost = append(x.lost, id)
	x.lostSlots[slot] = true
	x.r.add(format, args...)
}

// checkChains follows the chains of owners and guests.
func (x *audit) checkChains() {
	defer func() {
		if r := recover(); r != nil {
			_ = x.s.fault(r)
			x.bad("a chain of owners leads out of the index")
		}
	}()
	var guests, owned uint64
	for i := range x.t.bucketCount() {
		if i == 1 {
			continue // the end of the guests' chain
		}
		head := x.t.heads + int64(i)*8
		n, last, ok := x.checkChain(head)
		if !ok {
			return
		}
		if i == 0 {
			guests = n
			if x.s.mem.load(x.t.next()) != last {
				x.bad("the end of the chain of anonymous sessions is another")
			}
			continue
		}
		owned += n
	}
	if (guests != x.guests || owned != x.owned) && len(x.lost) == 0 {
		x.bad("%d of %d anonymous sessions and %d of %d owned ones are in chains", guests, x.guests, owned, x.owned)
	}
}

// checkChain follows one chain and returns its length and last slot.
func (x *audit) checkChain(head int64) (n, last uint64, ok bool) {
	m := &x.s.mem
	for next := m.load(head); next != 0; n++ {
		slot := x.t.slot(next)
		w := m.load(slot + slotChain)
		r := ref(m.load(slot + slotRef))
		if n > x.used || chainPrev(w) != last || !r.inUse() {
			x.bad("a chain of owners is broken at slot %d", next)
			return n, last, false
		}
		if head != x.t.newest() && !x.lostSlots[slot] {
			e := make(entry, recHead)
			m.read(e, r.offset())
			if e.headWhole() && (!e.owned() || x.s.ownerBucket(&x.t, x.s.ownerAt(r, e)) != head) {
				x.bad("slot %d is in the chain of another owner", next)
			}
		}
		last, next = next, chainNext(w)
	}
	return n, last, true
}

// checkFigures compares what is counted with what there is.
func (x *audit) checkFigures() {
	m := &x.s.mem
	var live int64
	for n := range x.all.len() {
		live += x.live[n]
		if x.all.records(n) && x.all.live(n) != x.live[n] && len(x.lost) == 0 {
			x.bad("segment %d counts %d live bytes, but has %d", n, x.all.live(n), x.live[n])
		}
	}
	for _, f := range [...]struct {
		name     string
		at       int64
		want     uint64
		unlessed bool
	}{
		{"used slots", ctlUsed, x.used, false},
		{"records", ctlRecords, x.records, false},
		{"anonymous sessions", ctlGuests, x.guests, true},
		{"owned sessions", ctlOwned, x.owned, true},
		{"live bytes", ctlLive, uint64(live), true},
	} {
		if got := m.load(f.at); got != f.want && !(f.unlessed && len(x.lost) > 0) {
			x.bad("the control page counts %d %s; there are %d", got, f.name, f.want)
		}
	}
	if seq := m.load(ctlSeq); seq < x.scan.seq {
		x.bad("the number of the last record is %d, but there is one with %d", seq, x.scan.seq)
	}
	if tail := int64(m.load(ctlTail)); tail != 0 {
		n := x.s.segmentOf(tail - 1)
		if tail < dataAt+segmentHead || tail&7 != 0 || n >= x.all.len() || x.all.state(n) != segLog {
			x.bad("the end of the log is out of bounds")
		}
	}
	if off, n := pendingRange(m.load(ctlPending)); off|n != 0 && !x.s.inLog(off, n) {
		x.bad("what is being written is said to be out of bounds")
	}
	if flags := m.load(ctlFlags); flags&^(flagClean|flagLossy|flagSick|flagFailed) != 0 || flags&flagSick != 0 {
		x.bad("the flags of the control page, %#x, are damaged", flags)
	}
	if m.load(ctlEdition)&1 != 0 {
		x.bad("the index is said to be on the move")
	}
}

// checkMissing looks for records that should be in the index.
func (x *audit) checkMissing() {
	now := millis(x.s.opts.Now())
	for id, f := range x.scan.latest {
		if f.tombstone || f.expires <= now || f.deadline <= now || x.isPending(f.off) {
			continue
		}
		if _, r := x.s.find(&x.t, &id); r == refEmpty {
			x.gone = append(x.gone, id)
			x.r.add("the record at %d is missing from the index", f.off)
		}
	}
}
