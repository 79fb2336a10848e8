package hashstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
)

// Repair makes a damaged file sound again and keeps every record that is whole.
// It returns what it found wrong; with no faults it changes nothing. Nobody
// else may have the file open. Keep a copy of the damaged file if its records
// matter.
//
// What Repair cannot know: if the latest record of a session is damaged and
// the index, too, an earlier record of that session may come back, or one
// whose deletion was noted in the damaged place.
func Repair(path string) (*Report, error) {
	var r *Report
	err := visit(path, func(s *Store, f *os.File, portable bool) error {
		r = new(Report)
		defer leave(inside(classRepair))
		return s.repair(f, portable, r)
	})
	if err != nil {
		return nil, fmt.Errorf("hashstore: repair %s: %w", path, err)
	}
	return r, nil
}

func (s *Store) repair(f *os.File, portable bool, r *Report) error {
	x, err := s.audit(f, portable, r)
	if err != nil {
		return err
	}
	if r.Live {
		return fmt.Errorf("others have it open: stop them first")
	}
	known := !x.done || x.sound
	if !x.done {
		if s.mem.load(ctlLock) != 0 || s.mem.load(ctlFlags)&flagSick != 0 {
			s.healAlone()
		}
		x.run()
	}
	if len(r.Faults) == 0 {
		return nil
	}
	if err := s.writeHeader(false); err != nil {
		return err
	}
	if known && x.sound && !x.broken {
		err = s.mend(x)
	} else {
		err = s.rebuild(known)
	}
	if err != nil {
		return err
	}
	if err := s.disk.Sync(); err != nil {
		return err
	}
	s.mem.store(ctlFlags, flagClean|s.mem.load(ctlFlags)&flagFailed)
	return s.identify(flagClean)
}

// healAlone repairs what a dead process left half done, when nobody else has
// the file open. An index that cannot be repaired is left to the audit.
func (s *Store) healAlone() {
	defer func() {
		if r := recover(); r != nil {
			_ = s.fault(r)
		}
	}()
	s.repairIndex()
	s.mem.store(ctlLock, 0)
}

// mend takes out of a sound index what is damaged in the log, and buries it:
// earlier records of the same sessions must not come back.
func (s *Store) mend(x *audit) error {
	for n := range s.segments() {
		s.seal(n, 0) // there is damage in it that remains
	}
	s.mem.store(ctlTail, 0)
	s.mem.store(ctlAppended, 0)
	s.urgent = true
	for _, id := range append(x.lost, x.gone...) {
		if err := s.bury(id, int64(never)); err != nil {
			return err
		}
	}
	for slot := range x.lostSlots {
		s.mem.store(slot+slotRef, uint64(refDeleted))
	}
	s.repairIndex()
	return nil
}

// Compact makes the file at path as small as it can be. Others may have it
// open; if nobody has, its end is cut off, too.
func Compact(path string) error {
	o := &Options{MustExist: true, SweepInterval: NoSweep, Logger: slog.New(slog.DiscardHandler)}
	s, err := Open(path, o)
	if err != nil {
		o.Portable = true // others may have opened it so
		var again error
		if s, again = Open(path, o); again != nil {
			return err
		}
		err = nil
	}
	ctx := context.Background()
	for range 2 {
		if err == nil {
			err = s.Compact(ctx)
		}
	}
	if err == nil {
		err = s.cutGuarded(ctx)
	}
	return errors.Join(err, s.Close())
}

func (s *Store) cutGuarded(ctx context.Context) (err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	return s.cutEnd(ctx)
}

// cutEnd makes the file shorter by the free segments at its end. With maps
// about, that is for those who are alone.
func (s *Store) cutEnd(ctx context.Context) (err error) {
	if s.lock.file == nil {
		if err := lockPatiently(s.file); err != nil {
			return err
		}
		defer func() { _ = flock{s.file}.unlock() }()
		if others, err := s.seat.others(s.file, false); others || err != nil {
			return err
		}
	}
	return s.locked(ctx, func() error {
		all := s.ledger()
		n := all.len()
		for n > 0 && all.state(n-1) <= segFree {
			n--
		}
		if n == all.len() {
			return nil
		}
		point("compact.truncate")
		s.mem.store(ctlSegments, uint64(n))
		return s.disk.Truncate(s.segmentAt(n))
	})
}
