package hashstore

import (
	"context"
	"runtime/debug"
)

// A Fill says what the file holds: how full the index is, and what its bytes are
// for. It is a plain value; the zero one is that of no file.
type Fill struct {
	Slots  int64 // places of the index, which grows before all are taken
	Taken  int64 // of those, the places of records
	Marked int64 // of those, what ended records have left until the index is made anew

	Live  int64 // bytes of records, also of expired ones that were not swept
	Dead  int64 // bytes of what was replaced or ended, and of the notes that it has; compaction frees them
	Free  int64 // bytes for records to come, which have blocks of the disk
	Index int64 // bytes of the index
	Holes int64 // bytes of the file's length that have no blocks
}

// Fill returns what the file holds at the moment. It looks at the table of
// segments alone, however many records there are.
func (s *Store) Fill(ctx context.Context) (fill Fill, err error) {
	if err := s.usable(ctx); err != nil {
		return fill, err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	err = s.locked(ctx, func() error {
		t := s.table()
		fill.Slots = 1 << t.bits
		fill.Taken = int64(s.mem.load(ctlRecords))
		fill.Marked = int64(s.mem.load(ctlUsed)) - fill.Taken
		all := s.ledger()
		for n, parts := 0, 0; n < all.len(); n += parts {
			parts = all.parts(n)
			s.fill(&fill, all, n, int64(parts)*s.head.segment)
		}
		return nil
	})
	return fill, err
}

// fill adds what begins in segment n and has size bytes. The lock is held.
func (s *Store) fill(fill *Fill, all ledger, n int, size int64) {
	switch all.state(n) {
	case segHole:
		fill.Holes += size
	case segFree:
		fill.Free += size
	case segIndex:
		fill.Index += size
	default:
		used := all.used(n)
		if tail := int64(s.mem.load(ctlTail)); tail > 0 && s.segmentOf(tail-1) == n {
			used = tail - s.segmentAt(n) // the segment that is being filled
		}
		if used == 0 {
			used = size // nobody has noted it
		}
		fill.Live += all.live(n)
		fill.Dead += used - segmentHead - all.live(n)
		fill.Free += size - used
	}
}
