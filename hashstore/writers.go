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

// voidPending overwrites what a dead writer had begun to write.
func (s *Store) voidPending(ctx context.Context) error {
	w := s.mem.load(ctlPending)
	if w == 0 {
		return nil
	}
	off, n := pendingRange(w)
	s.mem.check(off, int(n))
	if off >= dataAt {
		if err := s.toDisk(make([]byte, n), off); err != nil {
			return err
		}
	}
	return s.lockedIn(ctx, func() error {
		s.mem.store(ctlPending, 0)
		return nil
	})
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
