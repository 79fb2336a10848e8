package hashstore

import (
	"context"
	"fmt"
	"runtime/debug"
)

// A kernel tells once that it could not write something to the disk, and takes it
// for written from then on. So nothing is promised any more after that, by nobody
// who has the file open, until somebody opens it anew: who does so writes once more
// what is not on the disk for certain.

var errFailed = fmt.Errorf("hashstore: the disk failed to keep what was written before; close the store and open it again")

// intact returns an error if a sync has failed, here or in another process. The
// lock is held.
func (s *Store) intact() error {
	flags := s.mem.load(ctlFlags)
	if s.failed.Load() && flags&flagFailed == 0 {
		s.setFlag(flagFailed) // there was no time for it before
	} else if flags&flagFailed == 0 {
		return nil
	}
	return errFailed
}

// kept makes the error of a call that brings something to the disk one that says
// so, and keeps in mind that it failed. Without durability there is nothing to keep.
func (s *Store) kept(err error) error {
	if err == nil {
		return nil
	}
	if s.opts.Durability.mode != modeNone {
		s.failed.Store(true)
	}
	return fmt.Errorf("hashstore: write to the disk: %w", err)
}

// fails tells the others that the disk has failed, and returns the error. If they
// cannot be told now, the next change does.
func (s *Store) fails(ctx context.Context, locked func(context.Context, func() error) error, err error) error {
	_ = locked(ctx, func() error {
		s.setFlag(flagFailed)
		return nil
	})
	return err
}

// renew writes once more what is not on the disk for certain, if a sync has failed.
// The others that have the file open go on after it, unless the kernel has told them,
// too.
func (s *Store) renew() (err error) {
	defer s.shelter(&err, debug.SetPanicOnFault(true))
	ctx, cancel := context.WithTimeout(context.Background(), attachPatience)
	defer cancel()
	if s.mem.load(ctlFlags)&flagFailed == 0 {
		return nil
	}
	if err := s.enterWriters(ctx); err != nil {
		return err
	}
	defer s.leaveWriters()
	return s.lockedIn(ctx, func() error {
		for _, x := range s.unsynced() {
			if err := s.rewrite(x); err != nil {
				return err
			}
		}
		if err := s.kept(s.disk.Sync()); err != nil {
			return err
		}
		s.clearFlag(flagFailed)
		return nil
	})
}

// rewrite writes what a part of the log has there again, by whole pages.
func (s *Store) rewrite(x span) error {
	b := make([]byte, s.head.segment)
	for off := x.off &^ (pageSize - 1); off < x.end; off += int64(len(b)) {
		b = b[:min(int64(len(b)), x.end-off)]
		s.mem.read(b, off)
		if _, err := s.disk.WriteAt(b, off); err != nil {
			return fmt.Errorf("hashstore: write once more what a failure of the disk has lost: %w", err)
		}
	}
	return nil
}
