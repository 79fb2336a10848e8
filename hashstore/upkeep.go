package hashstore

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/coatcheck/coatcheck"
)

// startUpkeep starts what a store does by itself.
func (s *Store) startUpkeep() {
	if s.opts.Durability.mode == modeInterval {
		s.upkeep.Add(1)
		go s.every(s.opts.Durability.every(), "write to the disk", s.Sync)
	}
	if s.opts.SweepInterval != NoSweep {
		s.kick = make(chan struct{}, 1)
		s.upkeep.Add(2)
		go s.every(s.opts.SweepInterval, "give space back", s.tidyGuarded)
		go s.help()
	}
}

// every calls f again and again until the store is closed.
func (s *Store) every(d time.Duration, what string, f func(context.Context) error) {
	defer s.upkeep.Done()
	ctx, cancel := s.untilClosed()
	defer cancel()
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-t.C:
			s.attempt(ctx, what, f)
		}
	}
}

// help frees emptied segments whenever a change asks for it, until the store is
// closed.
func (s *Store) help() {
	defer s.upkeep.Done()
	ctx, cancel := s.untilClosed()
	defer cancel()
	for {
		select {
		case <-s.done:
			return
		case <-s.kick:
			s.attempt(ctx, "free space", s.freeGuarded)
		}
	}
}

// untilClosed returns a context that ends when the store is closed.
func (s *Store) untilClosed() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-s.done
		cancel()
	}()
	return ctx, cancel
}

// attempt calls f and logs what goes wrong.
func (s *Store) attempt(ctx context.Context, what string, f func(context.Context) error) {
	if err := f(ctx); err != nil && ctx.Err() == nil {
		s.opts.Logger.Error("hashstore: cannot "+what, "path", s.path, "error", err)
	}
}

// freeGuarded frees emptied segments in the background.
func (s *Store) freeGuarded(ctx context.Context) (err error) {
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classCompact))
	return s.freeEmptied(ctx)
}

// tidyGuarded is one round of upkeep.
func (s *Store) tidyGuarded(ctx context.Context) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classCompact))
	return s.tidy(ctx)
}

// Compact moves live records together and gives free space back, as far as
// that is worth it, while others use the store. The upkeep does the same.
func (s *Store) Compact(ctx context.Context) error { return s.tidyGuarded(ctx) }

func (s *Store) tidy(ctx context.Context) error {
	if err := s.shrinkIndex(ctx); err != nil {
		return err
	}
	// Twice, since what is freed first may have kept tombstones from going.
	for range 2 {
		_, err := s.compactAll(ctx, thorough)
		if err != nil && !errors.Is(err, coatcheck.ErrFull) {
			return err
		}
		// With ErrFull there will be room when something is freed.
		if err := s.freeEmptied(ctx); err != nil {
			return err
		}
	}
	if err := s.punchFree(ctx); err != nil || s.lock.file == nil {
		return err
	}
	return s.cutEnd(ctx)
}

// compactStride is how many bytes are compacted under one lock.
const compactStride = 64 << 10

// compactAll compacts segments until the log is so many percent full of what
// is of use, as far as that can be. It gives the lock away often.
func (s *Store) compactAll(ctx context.Context, full int64) (moved bool, err error) {
	for more := true; more; {
		err := s.locked(ctx, func() error {
			if s.mem.load(ctlVictim) == 0 {
				total, kept, tombs := s.usage()
				more = kept*100 < (total-s.head.segment)*full || tombs*tombShare > total
				if more = more && s.pickVictim(minGain); !more {
					return nil
				}
				if err := s.dirty(); err != nil {
					return err
				}
			}
			moved = true
			_, err := s.compactStep(compactStride)
			return err
		})
		if err != nil {
			return moved, err
		}
		s.makeWay()
	}
	return moved, nil
}

// makeWay lets others have the lock after a stride.
func (s *Store) makeWay() {
	if s.lock.file != nil {
		time.Sleep(2 * firstPause) // they poll
		return
	}
	runtime.Gosched()
}

// shrinkIndex moves an index that has become far too large.
func (s *Store) shrinkIndex(ctx context.Context) error {
	return s.locked(ctx, func() error {
		t := s.table()
		bits := bitsFor(max(s.mem.load(ctlRecords), s.hinted()))
		if bits+1 >= t.bits {
			return nil
		}
		if err := s.moveTable(&t, bits); err != nil && !errors.Is(err, coatcheck.ErrFull) {
			return err
		}
		return nil
	})
}

// punchFree takes the blocks of free segments away, all but a few that are to
// be used again soon, as they are warm.
func (s *Store) punchFree(ctx context.Context) error {
	for done := false; !done; {
		err := s.locked(ctx, func() error {
			done = true
			keep := int(s.mem.load(ctlLive) / 16 / uint64(s.head.segment))
			for n := range s.segments() {
				st, _ := s.state(n)
				if st != segFree {
					continue
				}
				if keep--; keep >= 0 {
					continue
				}
				point("compact.punch")
				// The state first: a hole that is thought to have blocks
				// could not be written to when the disk is full.
				s.setState(n, segHole, 0)
				err := s.disk.Punch(s.segmentAt(n), s.head.segment)
				if err == nil {
					done = false
					return nil
				}
				s.setState(n, segFree, 0)
				if !errors.Is(err, coatcheck.ErrUnsupported) && !errors.Is(err, errors.ErrUnsupported) {
					return err
				}
				return nil
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// How many emptied segments wait for the disk at least before a change asks
// for help, and before it waits for it.
const (
	askForHelp  = 4
	waitForHelp = 16
)

// What a store owes in emptied segments that are not freed.
const (
	owedNothing = iota
	owedSome
	owedMuch
)

// payOff has emptied segments freed when they are many. With changes faster
// than the disk the caller waits, so that the file stays bounded.
func (s *Store) payOff(ctx context.Context) {
	if s.kick != nil && s.owed.Load() == owedSome {
		select {
		case s.kick <- struct{}{}:
		default:
		}
		return
	}
	// An error shows again in the upkeep, and here the next time.
	_ = s.freeEmptied(ctx)
}
