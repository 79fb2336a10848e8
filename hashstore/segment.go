package hashstore

import (
	"errors"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// segmentOf returns the number of the segment that an offset is in.
func (s *Store) segmentOf(off int64) int { return int((off - dataAt) / s.head.segment) }

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

func (s *Store) live(n int) int64 { return int64(s.mem.load(entryAt(n, entLive))) }

// credit changes how many bytes are live in the segment at off.
func (s *Store) credit(off, by int64) {
	s.mem.add(entryAt(s.segmentOf(off), entLive), by)
	s.mem.add(ctlLive, by)
}

// segments returns how many the file has.
func (s *Store) segments() int { return int(min(s.mem.load(ctlSegments), maxSegments)) }

// errNoRoom is what limits and full disks come to.
func errNoRoom(why string) error { return fmt.Errorf("hashstore: %s: %w", why, coatcheck.ErrFull) }

// takeRun finds count free segments in a row and gives them blocks. They stay
// free until the caller gives them a state.
func (s *Store) takeRun(count int) (first int, err error) {
	point("grow.run")
	total := s.segments()
	first, run := 0, 0
	// Segments with blocks first: their pages are warm.
	for _, least := range [...]uint64{segFree, segHole} {
		run = 0
		for n := range total {
			if st, _ := s.state(n); st > segFree || st < least {
				run = 0
				continue
			}
			if run++; run == count {
				first = n - count + 1
				return first, s.giveBlocks(first, count)
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
		if err := s.disk.Allocate(s.segmentAt(n), s.head.segment); err != nil {
			return diskFull(err)
		}
		s.setState(n, segFree, 0)
	}
	return nil
}

// extend makes the file longer, to end segments.
func (s *Store) extend(first, end int) error {
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
		if err := s.disk.Allocate(s.segmentAt(n), s.head.segment); err != nil {
			return diskFull(err)
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
	for n := range s.segments() {
		if st, _ := s.state(n); st != segHole {
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
