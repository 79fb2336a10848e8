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

// voidPending overwrites what a dead writer had begun to write, but for what it
// had brought into the index already.
func (s *Store) voidPending(ctx context.Context) error {
	if s.mem.load(ctlPending) == 0 {
		return nil
	}
	return s.lockedIn(ctx, func() error {
		off, n := pendingRange(s.mem.load(ctlPending))
		s.mem.check(off, int(n))
		if off >= dataAt && n > 0 {
			if err := s.voidRange(off, off+n); err != nil {
				return err
			}
		}
		s.mem.store(ctlPending, 0)
		return nil
	})
}

// voidRange looks at each entry of a range. The lock is held, and with it the
// index is whole.
func (s *Store) voidRange(off, end int64) error {
	_, generation := s.state(s.segmentOf(off))
	t := s.table()
	for off < end {
		var head [recHead]byte
		s.mem.read(head[:min(recHead, end-off)], off)
		e := entry(head[:])
		if !e.headWhole() || e.generation() != generation || e.size() > end-off {
			// It had not come so far: there is nothing behind either.
			return s.toDisk(make([]byte, end-off), off)
		}
		if !s.published(&t, e, off) {
			if err := s.toDisk(make([]byte, e.size()), off); err != nil {
				return err
			}
		}
		off += e.size()
	}
	return nil
}

// published reports whether the index is as the entry at off made it.
func (s *Store) published(t *table, e entry, off int64) bool {
	id := e.id()
	_, r := s.find(t, &id)
	if e.tombstone() {
		return !r.inUse()
	}
	return r.inUse() && r.offset() == off
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
