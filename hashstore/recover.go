package hashstore

import (
	"errors"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// leap is how far the numbers of records go on after a stop of the machine:
// farther than anything that the disk may still have from before, though all
// segments had begun since.
const leap = 2*maxSegments*maxJump + 1<<26

// rebuild makes the control page, the table of segments and the index anew from
// the records. Nobody else uses the file. harvest says that the old index is
// sound, so that the times of touches can be taken from it.
func (s *Store) rebuild(harvest bool) error {
	point("recover.begin")
	size, err := s.disk.Size()
	if err != nil {
		return err
	}
	x := &scan{head: &s.head, read: s.mem.read, size: size}
	x.run()
	var touched map[coatcheck.ID]int64
	if harvest {
		touched = s.harvest(x)
	}
	s.forget(x)
	if err := s.resetControl(x); err != nil {
		return err
	}
	point("recover.index")
	if err := s.newIndex(x, touched); err != nil {
		return err
	}
	s.repairIndex()
	point("recover.end")
	if x.segments == 0 {
		return nil // it is new
	}
	if x.torn > 0 {
		s.opts.Logger.Warn("hashstore: the index was made anew, and records that are not whole were left out", "path", s.path, "places", x.torn)
	}
	if err := s.kept(s.disk.Sync()); err != nil {
		s.setFlag(flagFailed)
		return err
	}
	return nil
}

// forget takes out of a scan what no index needs. What has expired stays, for a
// sweep to find: the clock may be ahead when the machine has just started. Only
// where there is more than an index can have, it goes.
func (s *Store) forget(x *scan) {
	now, crowded := millis(s.opts.Now()), uint64(len(x.latest)) > fill(maxTableBits)
	for id, f := range x.latest {
		if f.tombstone || crowded && f.horizon <= now {
			delete(x.latest, id)
		}
	}
}

// newIndex makes an index of what a scan has found.
func (s *Store) newIndex(x *scan, touched map[coatcheck.ID]int64) error {
	records := uint64(len(x.latest))
	for least := bitsOf(records); least <= maxTableBits; least++ {
		first, bits, err := s.roomForIndex(least, max(bitsFor(max(records, s.hinted())), least), x.segments > 0)
		if err != nil {
			return err
		}
		t := s.tableOf(uint64(bits) | uint64(first)<<8)
		if s.fillTable(&t, x, touched) {
			point("recover.publish")
			s.mem.store(ctlTable, t.ref)
			return nil
		}
		s.freeTable(first, bits)
		least = bits
	}
	return fmt.Errorf("hashstore: %w: too many records for one index", coatcheck.ErrCorrupt)
}

// roomForIndex takes segments for an index of so many bits at best and so few at
// least, and leaves a segment for those who make room, if that can be. The file
// must open, also under limits that are lower than they were: the smallest index
// comes first, and Options.MaxBytes after it.
func (s *Store) roomForIndex(least, best uint, spare bool) (first int, bits uint, err error) {
	for bits = best; bits > least; bits-- {
		if first, err = s.takeTable(bits); err == nil && spare {
			if err = s.spare(1); err != nil {
				s.freeTable(first, bits)
			}
		}
		if !errors.Is(err, coatcheck.ErrFull) {
			return first, bits, err
		}
	}
	limit := s.opts.MaxBytes
	s.opts.MaxBytes = 0
	defer func() { s.opts.MaxBytes = limit }()
	if first, err = s.takeTable(least); err == nil && spare {
		_ = s.spare(1) // a full disk is full
	}
	return first, least, err
}

// harvest reads from the old index when sessions end that were touched.
func (s *Store) harvest(x *scan) (touched map[coatcheck.ID]int64) {
	touched = map[coatcheck.ID]int64{}
	word := s.mem.load(ctlTable)
	defer func() {
		if r := recover(); r != nil {
			_ = s.fault(r) // there is no such index: nothing to take from it
		}
	}()
	t := s.tableOf(word)
	if t.slots+int64(1<<t.bits+maxProbe)*slotSize > x.size {
		return touched
	}
	for slot, r := range s.all(&t) {
		if !r.inUse() {
			continue
		}
		var id coatcheck.ID
		s.mem.read(id[:], slot+slotID)
		// Of a record that was moved there may be another copy, with the same number.
		if f, ok := x.latest[id]; ok && refOf(0, f.seq) == r&^refOffset {
			touched[id] = expiry(s.mem.load(slot + slotExpiry)).ms()
		}
	}
	return touched
}

// resetControl writes the table of segments and the control page as if nothing
// were in the index.
func (s *Store) resetControl(x *scan) error {
	m := &s.mem
	size := x.at(x.segments)
	if x.segments > 0 {
		if err := s.disk.Allocate(tableAt, pad4k(int64(x.segments)*entrySize)); err != nil {
			return diskFull(err)
		}
		if x.size < size { // the last one was cut off
			if err := s.disk.Allocate(x.size, size-x.size); err != nil {
				return diskFull(err)
			}
		}
	}
	failed, synced := m.load(ctlFlags)&flagFailed, uint64(s.head.segment)
	if failed != 0 {
		synced = 0 // renew will see to it
	}
	for off := int64(controlAt); off < identityAt; off += 8 {
		if off != ctlFlags {
			m.store(off, 0)
		}
	}
	for n := 0; n < x.segments; n++ {
		f, ok := x.states[n]
		if !ok {
			s.setState(n, segHole, 0)
			continue
		}
		s.setState(n, f.state, uint32(f.born))
		m.store(entryAt(n, entLive), 0)
		m.store(entryAt(n, entBorn), f.born)
		m.store(entryAt(n, entSynced), synced|uint64(x.tombs[n])<<32)
		for range f.parts {
			n++
			s.setState(n, segPart, 0)
		}
	}
	m.store(ctlSegments, uint64(x.segments))
	m.store(ctlSeq, x.seq+leap)
	m.store(ctlFlags, failed)
	return nil
}

func pad4k(n int64) int64 { return (n + pageSize - 1) &^ (pageSize - 1) }

// fillTable enters all records into an empty table, without chains and
// figures.
func (s *Store) fillTable(t *table, x *scan, touched map[coatcheck.ID]int64) bool {
	for id, f := range x.latest {
		slot, _ := s.find(t, &id)
		if slot == 0 {
			return false
		}
		ends := min(max(f.expires, touched[id]), f.deadline)
		b := make(entry, slotSize)
		b.setU64(slotRef, uint64(refOf(f.off, f.seq)))
		b.setU64(slotExpiry, uint64(expiryOf(ends, 1)))
		copy(b[slotID:], id[:])
		b.setU64(slotDeadline, within(f.deadline)<<16)
		s.mem.write(b, slot)
	}
	return true
}
