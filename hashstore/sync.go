package hashstore

import (
	"context"
	"fmt"
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
	if err := s.enterWriters(ctx); err != nil {
		return err
	}
	defer s.leaveWriters()
	return s.syncLog(ctx)
}

// A span is a part of the log that is not on the disk yet.
type span struct {
	segment  int
	off, end int64
	born     uint64
}

// syncLog brings the log to the disk, as far as it goes now. The writers' lock
// is held, so that no segment is freed meanwhile.
func (s *Store) syncLog(ctx context.Context) error {
	var spans []span
	err := s.lockedIn(ctx, func() error {
		spans = s.unsynced()
		return nil
	})
	if err != nil {
		return err
	}
	for _, x := range spans {
		if err := s.syncSpan(x); err != nil {
			s.failed.Store(true)
			return err
		}
	}
	return s.lockedIn(context.WithoutCancel(ctx), func() error {
		point("sync.mark")
		for _, x := range spans {
			s.mem.store(entryAt(x.segment, entSynced), uint64(x.end-s.segmentAt(x.segment)))
		}
		return nil
	})
}

// unsynced returns what is not on the disk. The lock is held.
func (s *Store) unsynced() (spans []span) {
	tail := int64(s.mem.load(ctlTail))
	for n := range s.segments() {
		st, _ := s.state(n)
		if st != segLog && st != segGiant && st != segEmptied {
			continue
		}
		x := span{segment: n, off: s.segmentAt(n), end: s.segmentAt(n + 1), born: s.mem.load(entryAt(n, entBorn))}
		if st == segGiant || s.hasParts(n) {
			x.end = s.segmentAt(n + s.giantSegments(n))
		} else if tail > x.off && tail <= x.end {
			x.end = tail
		}
		x.off += min(int64(s.mem.load(entryAt(n, entSynced))), x.end-x.off)
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
		if err := s.disk.SyncRange(s.mem.view(off, int(n)), off); err != nil {
			return fmt.Errorf("hashstore: write to the disk: %w", err)
		}
		off += n
	}
	return nil
}
