package hashstore

import (
	"crypto/rand"
	"encoding/binary"
)

// reserve finds room for n bytes in the log. The lock is held. The room is
// taken by setting ctlTail.
func (s *Store) reserve(n int64) (off int64, err error) {
	if n > s.head.segment-segmentHead {
		return s.reserveGiant(n)
	}
	tail := int64(s.mem.load(ctlTail))
	if tail != 0 && s.roomAt(tail) >= n {
		return tail, nil
	}
	if err := s.newSegment(); err != nil {
		return 0, err
	}
	return int64(s.mem.load(ctlTail)), nil // any entry fits an empty segment
}

// roomAt returns how many bytes the segment of the tail has left. The tail
// stands at the end of its segment when that is full, never at the beginning
// of the next.
func (s *Store) roomAt(tail int64) int64 {
	n := s.segmentOf(tail - 1)
	return s.segmentAt(n+1) - tail
}

// newSegment begins the next segment of the log.
func (s *Store) newSegment() error {
	count := 2
	if s.urgent {
		count = 1
	}
	if err := s.spare(count); err != nil {
		return err
	}
	if tail := int64(s.mem.load(ctlTail)); tail != 0 {
		full := s.segmentOf(tail - 1)
		s.seal(full, tail-s.segmentAt(full))
	}
	n, err := s.takeRun(1)
	if err != nil {
		return err
	}
	s.beginSegment(n, segLog)
	s.mem.store(ctlTail, uint64(s.segmentAt(n)+segmentHead))
	return nil
}

// beginSegment makes segment n one of records. Its generation is new, so that
// what it held before is nothing.
func (s *Store) beginSegment(n int, state uint64) (generation uint32) {
	born := s.mem.load(ctlSeq) + jump()
	s.mem.store(ctlSeq, born)
	s.mem.store(entryAt(n, entLive), 0)
	s.mem.store(entryAt(n, entBorn), born)
	s.mem.store(entryAt(n, entSynced), 0)
	s.mem.write(s.head.encodeSegment(n, state, born), s.segmentAt(n))
	point("grow.state")
	s.setState(n, state, uint32(born))
	return uint32(born)
}

// maxJump bounds how far the numbers of records go on when a segment begins.
const maxJump = 1 << 28

// jump returns how far they go on this time. Nobody can foresee it, so that data
// which is left in the segment, of a session that has ended, cannot be made to
// look like records of the new generation.
func jump() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return 1 + binary.LittleEndian.Uint64(b[:])%maxJump
}

// reserveGiant makes a run of segments for one record that is too large for
// the log.
func (s *Store) reserveGiant(n int64) (off int64, err error) {
	count := int((n + segmentHead + s.head.segment - 1) / s.head.segment)
	first, err := s.takeRun(count)
	if err != nil {
		return 0, err
	}
	// They count as free still. One more is left to those changes that make room,
	// as in newSegment.
	if err := s.spare(count + 1); err != nil {
		return 0, err
	}
	for i := first + 1; i < first+count; i++ {
		s.setState(i, segPart, 0)
	}
	s.beginSegment(first, segGiant)
	return s.segmentAt(first) + segmentHead, nil
}

// giant reports whether an entry of n bytes has segments of its own.
func (s *Store) giant(n int64) bool { return n > s.head.segment-segmentHead }

// number gives an entry at off its number. The lock is held.
func (s *Store) number(off int64) (seq uint64, generation uint32) {
	seq = s.mem.load(ctlSeq) + 1
	s.mem.store(ctlSeq, seq)
	_, generation = s.state(s.segmentOf(off))
	return seq, generation
}

// claim moves the tail behind an entry that is written. Whoever finds us dead
// after that looks whether it is in the index, too.
func (s *Store) claim(off, n int64) {
	s.mem.store(ctlAppended, uint64(off))
	if !s.giant(n) {
		s.mem.store(ctlTail, uint64(off+n))
	}
}
