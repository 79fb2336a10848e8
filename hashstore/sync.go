package hashstore

import (
	"context"
	"runtime/debug"
)

// Sync brings everything to the disk that was written before, touches
// excepted, whatever Options.Durability is.
func (s *Store) Sync(ctx context.Context) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classSync))
	return s.syncLog(ctx, (*Store).unsynced)
}

// A span is a part of the log that is not on the disk yet.
type span struct {
	segment  int
	off, end int64
	born     uint64
}

// syncLog brings parts of the log to the disk, as far as it goes now. No lock is
// held meanwhile. A segment that is freed and taken again in that time is known
// by its birth.
func (s *Store) syncLog(ctx context.Context, parts func(*Store) []span) error {
	var spans []span
	err := s.locked(ctx, func() error {
		spans = parts(s)
		return s.intact() // another try would succeed, and bring nothing to the disk
	})
	if err != nil {
		return err
	}
	for _, x := range spans {
		if err := s.syncSpan(x); err != nil {
			return s.fails(ctx, s.locked, err)
		}
	}
	return s.locked(ctx, func() error {
		point("sync.mark")
		if err := s.intact(); err != nil {
			return err // the kernel tells of an error once: somebody else was told
		}
		for _, x := range spans {
			if s.mem.load(entryAt(x.segment, entBorn)) == x.born {
				s.setSynced(x.segment, x.end-s.segmentAt(x.segment))
			}
		}
		return nil
	})
}

// unsynced returns what is not on the disk. The lock is held.
func (s *Store) unsynced() []span { return s.unsyncedOf(ledger.records) }

// unsyncedLive is unsynced without the segments that have been emptied: whatever
// is of use is elsewhere, or they would not have been. It is enough for those who
// are about to make them unknown. Others bring them to the disk as well, since
// until then their tombstones stand against older records in them.
func (s *Store) unsyncedLive() []span {
	return s.unsyncedOf(func(all ledger, n int) bool { return all.records(n) && all.state(n) != segEmptied })
}

// unsyncedTombs is unsynced for the segments that have tombstones.
func (s *Store) unsyncedTombs() []span {
	return s.unsyncedOf(func(all ledger, n int) bool { return all.records(n) && all.tombs(n) > 0 })
}

// unsyncedOf returns what is not on the disk of some segments.
func (s *Store) unsyncedOf(some func(all ledger, n int) bool) (spans []span) {
	tail := int64(s.mem.load(ctlTail))
	all := s.ledger()
	for n := range all.len() {
		if !some(all, n) {
			continue
		}
		x := span{segment: n, off: s.segmentAt(n), end: s.segmentAt(n + all.parts(n)), born: all.born(n)}
		if tail > x.off && tail <= x.end {
			x.end = tail
		}
		x.off += min(all.synced(n), x.end-x.off)
		if x.off < x.end {
			spans = append(spans, x)
		}
	}
	return spans
}

func (s *Store) syncSpan(x span) error {
	point("sync.range")
	if mutant("sync.skip-range") {
		return nil
	}
	for off := x.off; off < x.end; {
		n := min(x.end-off, 1<<20)
		if err := s.kept(s.disk.SyncRange(s.mem.view(off, int(n)), off)); err != nil {
			return err
		}
		off += n
	}
	return nil
}
