package hashstore

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/coatcheck/coatcheck"
)

// segmentOf returns the number of the segment that an offset is in.
func (s *Store) segmentOf(off int64) int {
	// The length of a segment is a power of two, and this is asked all the time.
	return int((off - dataAt) >> bits.TrailingZeros64(uint64(s.head.segment)))
}

// segmentAt returns where segment n begins.
func (s *Store) segmentAt(n int) int64 { return dataAt + int64(n)*s.head.segment }

// entryAt returns where segment n has its word in the table of segments.
func entryAt(n int, word int64) int64 { return tableAt + int64(n)*entrySize + word }

// state returns what segment n holds, and its generation.
func (s *Store) state(n int) (state uint64, generation uint32) {
	w := s.mem.load(entryAt(n, entState))
	return w & 0xff, uint32(w >> 32)
}

func (s *Store) setState(n int, state uint64, generation uint32) {
	s.mem.store(entryAt(n, entState), state|uint64(generation)<<32)
}

// seal notes where the records of a segment end, when it is left for another.
func (s *Store) seal(n int, used int64) {
	w := s.mem.load(entryAt(n, entState))
	s.mem.store(entryAt(n, entState), w&^0xffffff00|uint64(used)>>3<<8)
}

func (s *Store) live(n int) int64 { return int64(s.mem.load(entryAt(n, entLive))) }

// tombs returns how many bytes of tombstones segment n has. They stand beside
// how much of it is on the disk.
func (s *Store) tombs(n int) int64 { return int64(s.mem.load(entryAt(n, entSynced)) >> 32) }

func (s *Store) addTombs(n int, by int64) {
	w := s.mem.load(entryAt(n, entSynced))
	s.mem.store(entryAt(n, entSynced), w&0xffffffff|uint64(max(int64(w>>32)+by, 0))<<32)
}

// synced returns how many bytes of segment n are on the disk.
func (s *Store) synced(n int) int64 {
	return int64(s.mem.load(entryAt(n, entSynced)) & 0xffffffff)
}

func (s *Store) setSynced(n int, to int64) {
	w := s.mem.load(entryAt(n, entSynced))
	s.mem.store(entryAt(n, entSynced), w&^0xffffffff|uint64(to))
}

// credit changes how many bytes are live in the segment at off.
func (s *Store) credit(off, by int64) {
	s.mem.add(entryAt(s.segmentOf(off), entLive), by)
	s.mem.add(ctlLive, by)
}

// shift is credit for a record of n bytes that has taken the place of one of old.
func (s *Store) shift(from, to ref, old, n int64) {
	s.mem.add(entryAt(s.segmentOf(from.offset()), entLive), -old)
	s.mem.add(entryAt(s.segmentOf(to.offset()), entLive), n)
	if n != old {
		s.mem.add(ctlLive, n-old)
	}
}

// segments returns how many the file has.
func (s *Store) segments() int { return int(min(s.mem.load(ctlSegments), maxSegments)) }

// A ledger is the table of segments at a moment when the lock is held, read at
// once.
type ledger []byte

func (s *Store) ledger() ledger {
	return s.mem.view(tableAt, s.segments()*entrySize)
}

func (l ledger) len() int { return len(l) / entrySize }

func (l ledger) word(n, at int) uint64 { return entry(l).u64(n*entrySize + at) }

func (l ledger) state(n int) uint64      { return l.word(n, entState) & 0xff }
func (l ledger) generation(n int) uint32 { return uint32(l.word(n, entState) >> 32) }
func (l ledger) used(n int) int64        { return int64(l.word(n, entState)>>8&0xffffff) << 3 }
func (l ledger) live(n int) int64        { return int64(l.word(n, entLive)) }
func (l ledger) born(n int) uint64       { return l.word(n, entBorn) }
func (l ledger) synced(n int) int64      { return int64(l.word(n, entSynced) & 0xffffffff) }
func (l ledger) tombs(n int) int64       { return int64(l.word(n, entSynced) >> 32) }

// records reports whether segment n may have records.
func (l ledger) records(n int) bool {
	st := l.state(n)
	return st == segLog || st == segGiant || st == segEmptied
}

// parts returns how many segments belong to what begins in n.
func (l ledger) parts(n int) int {
	count := 1
	for n+count < l.len() && l.state(n+count) == segPart {
		count++
	}
	return count
}

// errNoRoom is what limits and full disks come to.
func errNoRoom(why string) error { return fmt.Errorf("hashstore: %s: %w", why, coatcheck.ErrFull) }

// spare gives blocks to free segments until there are count of them, or fails.
// One is kept for those changes that make room.
func (s *Store) spare(count int) error {
	free, hole := 0, -1
	all := s.ledger()
	for n := range all.len() {
		switch all.state(n) {
		case segFree:
			free++
		case segHole:
			if hole < 0 {
				hole = n
			}
		}
	}
	for ; free < count; free++ {
		var err error
		if hole >= 0 {
			err = s.giveBlocks(hole, 1)
			hole = -1
		} else {
			err = s.extend(s.segments(), s.segments()+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeRun finds count free segments in a row and gives them blocks. They stay
// free until the caller gives them a state.
func (s *Store) takeRun(count int) (first int, err error) {
	point("grow.run")
	all := s.ledger()
	total := all.len()
	first, run := 0, 0
	// Segments with blocks first: their pages are warm.
	for _, least := range [...]uint64{segFree, segHole} {
		run = 0
		for n := range total {
			if st := all.state(n); st > segFree || st < least {
				run = 0
				continue
			}
			if run++; run == count {
				first = n - count + 1
				if err := s.giveBlocks(first, count); !isNoSpace(err) {
					return first, err
				}
				// When the file is rebuilt on a full disk, nobody knows which
				// holes have blocks: the former index has.
				run = 0
			}
		}
	}
	first = total - run // what is free at the end may be extended
	return first, s.extend(first, first+count)
}

// giveBlocks allocates those segments of a run that are holes.
func (s *Store) giveBlocks(first, count int) error {
	for n := first; n < first+count; n++ {
		if st, _ := s.state(n); st == segFree {
			continue
		}
		if err := s.quota(1); err != nil {
			return err
		}
		point("grow.segment")
		if err := s.allocate(n); err != nil {
			return err
		}
		s.setState(n, segFree, 0)
	}
	return nil
}

// allocate gives segment n blocks, and fills it where that is quicker than to
// write to a map of it.
func (s *Store) allocate(n int) error {
	if err := s.disk.Allocate(s.segmentAt(n), s.head.segment); err != nil {
		return diskFull(err)
	}
	if s.mem.fill != nil {
		s.mem.fill(s.segmentAt(n), s.head.segment)
	}
	return nil
}

// extend makes the file longer, to end segments.
func (s *Store) extend(first, end int) error {
	defer leave(inside(classGrow))
	if end > maxSegments {
		return errNoRoom("the file has as many segments as the format allows")
	}
	if err := s.giveBlocks(first, s.segments()-first); err != nil {
		return err
	}
	for n := s.segments(); n < end; n++ {
		if err := s.quota(1); err != nil {
			return err
		}
		point("grow.extend")
		row := entryAt(n, 0) &^ (pageSize - 1)
		if err := s.disk.Allocate(row, pageSize); err != nil {
			return diskFull(err)
		}
		if err := s.allocate(n); err != nil {
			return err
		}
		s.setState(n, segFree, 0)
		point("grow.state")
		s.mem.store(ctlSegments, uint64(n+1))
	}
	return nil
}

// quota returns an error if so many more segments with blocks are too many.
func (s *Store) quota(more int) error {
	if s.opts.MaxBytes == 0 {
		return nil
	}
	if dataAt+int64(s.allocated()+more)*s.head.segment > s.opts.MaxBytes {
		return errNoRoom("no room under Options.MaxBytes")
	}
	return nil
}

// allocated counts the segments that have blocks.
func (s *Store) allocated() (count int) {
	all := s.ledger()
	for n := range all.len() {
		if all.state(n) != segHole {
			count++
		}
	}
	return count
}

// diskFull makes ErrFull of errors that mean that.
func diskFull(err error) error {
	if isNoSpace(err) {
		return fmt.Errorf("hashstore: the disk has no room: %w", errors.Join(coatcheck.ErrFull, err))
	}
	return fmt.Errorf("hashstore: make room: %w", err)
}
