package hashstore

import "sync/atomic"

// How far ahead of its end the log is brought into the page table, and from when
// on that is done again.
const (
	warmAhead = 64 << 10
	warmLeast = 16 << 10
)

// warm does what a change would have to wait for under the lock, where others
// wait with it: it brings what the change looks at into the cache of the
// processor, and the place where it is about to be written into the page table.
// What it sees may be wrong by the time that the lock is held, and means nothing.
// As long as nobody waits for the lock it does nothing.
func (s *Store) warm(c *change) {
	if s.mem.base == nil || s.lock.sought.Load() <= 0 {
		return
	}
	s.lock.sought.Add(-1)
	t := s.table()
	if _, r := s.find(&t, &c.id); r.inUse() && s.mem.has(r.offset(), recHead) {
		s.mem.load(r.offset())
		s.mem.load(r.offset() + recHead/2)
	}
	tail := int64(s.mem.load(ctlTail))
	if to := s.warmTo.Load(); tail < to-warmAhead || tail > to-warmLeast {
		s.warmLog(tail)
	}
}

// warmLog brings the pages behind the end of the log into the page table. They
// may be others' already, so a fault there means nothing.
func (s *Store) warmLog(tail int64) {
	end := s.segmentAt(s.segmentOf(tail-1) + 1)
	s.warmTo.Store(tail + warmAhead)
	if tail < dataAt || !s.mem.has(tail, warmAhead) {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			_ = s.fault(r)
		}
	}()
	for at := (tail + pageSize - 1) &^ (pageSize - 1); at < min(tail+warmAhead, end); at += pageSize {
		s.mem.claim(at)
	}
}

// has reports whether [off, off+n) may be accessed.
func (m *memory) has(off, n int64) bool { return off >= 0 && off <= m.limit-n }

// claim makes the page at off one that can be written to at once. It changes
// nothing, whoever writes there meanwhile. There is a map.
func (m *memory) claim(off int64) { atomic.AddUint64(m.word(off), 0) }
