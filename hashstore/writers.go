package hashstore

import "context"

// enterWriters takes the lock under which the disk is waited for. What a dead
// holder had not published is made void, so that it cannot turn up later.
func (s *Store) enterWriters(ctx context.Context) error {
	if s.lock.file != nil {
		// Without a map the one lock is held all the time.
		if err := s.acquire(ctx); err != nil {
			return err
		}
	} else if _, err := s.lock.takeWord(ctx, ctlWriter); err != nil {
		return err
	}
	whole := false
	defer func() {
		if !whole {
			s.leaveWriters()
		}
	}()
	if err := s.voidPending(ctx); err != nil {
		return err
	}
	whole = true
	return nil
}

func (s *Store) leaveWriters() {
	if s.lock.file != nil {
		s.release()
		return
	}
	s.mem.swap(ctlWriter, s.lock.me, 0)
}

// lockedIn is locked for the holder of the writers' lock.
func (s *Store) lockedIn(ctx context.Context, f func() error) error {
	if s.lock.file == nil {
		return s.locked(ctx, f)
	}
	whole := false
	defer func() {
		if !whole {
			s.abandon()
		}
	}()
	err := f()
	whole = true
	return err
}

// voidPending overwrites what a dead writer had begun to write and not
// published. The writers' lock is held.
func (s *Store) voidPending(ctx context.Context) error {
	if s.mem.load(ctlPending) == 0 {
		return nil
	}
	return s.lockedIn(ctx, func() error {
		if off, n := pendingRange(s.mem.load(ctlPending)); s.inLog(off, n) {
			b := make(entry, n)
			s.mem.read(b, off)
			if s.clearUnpublished(b, off) {
				if err := s.toDisk(b, off); err != nil {
					return err
				}
			}
		}
		s.mem.store(ctlPending, 0)
		return nil
	})
}

// inLog reports whether a range is one of a segment of records. A damaged word may
// tell any.
func (s *Store) inLog(off, n int64) bool {
	if off < dataAt+segmentHead {
		return false
	}
	seg := s.segmentOf(off)
	return seg < s.segments() && s.hasRecords(seg) && off+n <= s.segmentAt(seg+s.giantSegments(seg))
}

// clearUnpublished clears in b, which is at off, what the index does not have.
func (s *Store) clearUnpublished(b entry, off int64) (changed bool) {
	t := s.table()
	_, generation := s.state(s.segmentOf(off))
	for at := int64(0); at < int64(len(b)); {
		e, n := b[at:], int64(8)
		if len(e) >= recHead && e.generation() == generation && e.headWhole() {
			n = min(e.size(), int64(len(e)))
			id := e.id()
			_, r := s.find(&t, &id)
			if r == refOf(off+at, e.seq()) || e.tombstone() && !r.inUse() {
				at += n
				continue
			}
		}
		clear(e[:n])
		changed = true
		at += n
	}
	return changed
}

func pendingRange(w uint64) (off, n int64) {
	return int64(w&refOffset) << 3, min(int64(w>>33)<<3, maxRecord)
}

// isPending reports whether a writer may be writing to segment n.
func (s *Store) isPending(n int) bool {
	w := s.mem.load(ctlPending)
	if w == 0 {
		return false
	}
	off, _ := pendingRange(w)
	return s.segmentOf(off) == n
}
