package hashstore

import (
	"context"
	"errors"
	"runtime/debug"
)

// Close ends the use of the store: every method returns an error from then on.
// It waits for changes under way, writes everything to the disk, and marks the
// file as complete, so that nothing is rebuilt or discarded when the machine
// starts anew, as long as nobody changes it after that. If it cannot, or the disk
// had failed before, it returns an error, and the store is closed all the same.
// Closing it again has no effect and returns the same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		s.upkeep.Wait()
		s.closeErr = s.close()
	})
	return s.closeErr
}

func (s *Store) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), attachPatience)
	defer cancel()
	err := s.finishFile(ctx)
	s.closed.Store(true) // whatever went wrong
	s.letGo()
	return errors.Join(err, s.disk.Close())
}

// finishFile brings all to the disk and says so. Then it gives the seat back.
func (s *Store) finishFile(ctx context.Context) (err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classAttach))
	if s.lock.file == nil {
		// Who opens the file meanwhile must not read half an identity.
		if err := lockPatiently(s.file); err != nil {
			s.retire(ctx)
			return err
		}
	}
	if err := s.enterWriters(ctx); err != nil {
		s.retire(ctx)
		return err
	}
	defer s.leaveWriters()
	// First without the lock, since it may take long.
	changes, err := s.syncAll()
	return errors.Join(err, s.lockedIn(ctx, func() error {
		s.closed.Store(true)
		if err != nil {
			s.setFlag(flagFailed)
			return nil
		}
		if err := s.intact(); err != nil {
			return err
		}
		// What is compacted without durability changes no number, and gives
		// space back before the disk has what was moved.
		if s.mem.load(ctlSeq) != changes || s.mem.load(ctlFlags)&flagLossy != 0 {
			if err := s.kept(s.disk.Sync()); err != nil {
				s.setFlag(flagFailed)
				return err
			}
		}
		point("attach.clean")
		flags := s.mem.load(ctlFlags)
		if flags&(flagSick|flagFailed) != 0 {
			return nil
		}
		// Also if it is marked already: somebody may have died when the disk had
		// another mark, and before saying so.
		if err := s.identify(flagClean); err != nil {
			return err
		}
		s.mem.store(ctlFlags, flagClean)
		return nil
	}))
}

// retire closes the store to all calls when the file cannot be marked. Under the
// lock, if that can be had: who holds it when the seat is given back counts as
// dead, and somebody else would take it from him.
func (s *Store) retire(ctx context.Context) {
	_ = s.locked(ctx, func() error {
		s.closed.Store(true)
		return nil
	})
}

// syncAll brings the whole file to the disk, touches included, and returns the
// number of the last record in it. Touches do not unmark a file that is complete.
func (s *Store) syncAll() (changes uint64, err error) {
	changes = s.mem.load(ctlSeq)
	return changes, s.kept(s.disk.Sync())
}

// letGo gives up the locks of the file. Closing it does not: its map, which the
// garbage collector unmaps, keeps them.
func (s *Store) letGo() {
	if s.seat.held {
		s.seat.leave(s.file)
	}
	_ = flock{s.file}.unlock()
}
