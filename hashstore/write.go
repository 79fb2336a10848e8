package hashstore

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/coatcheck/coatcheck"
)

// Create implements [coatcheck.Store]. At a limit it makes room: see the
// package's documentation.
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.put(ctx, rec, true, 0)
}

// Replace implements [coatcheck.Store]. A record that grows may need room as
// in Create.
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.put(ctx, rec, false, old)
}

func (s *Store) put(ctx context.Context, rec *coatcheck.Record, fresh bool, old uint64) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classPut))
	c := newChange()
	defer c.free()
	c.op, c.id, c.rec, c.fresh, c.old, c.now = classPut, rec.ID, rec, fresh, old, millis(s.opts.Now())
	if c.buf, err = encode(c.buf, rec, s.opts.CompressAbove); err != nil {
		return err
	}
	return s.apply(ctx, c)
}

// Delete implements [coatcheck.Store].
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.protect(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classDelete))
	c := newChange()
	defer c.free()
	c.op, c.id, c.now = classDelete, id, millis(s.opts.Now())
	c.buf = encodeTombstone(c.buf, id, 0)
	return s.apply(ctx, c)
}

// errSync sends a change to the queue of those that wait for the disk.
var errSync = errors.New("needs the disk")

// errAgain means that a change must be decided anew.
var errAgain = errors.New("it changed meanwhile")

// apply makes a change, durably where that is promised.
func (s *Store) apply(ctx context.Context, c *change) error {
	err := s.try(ctx, c)
	for round := 0; errors.Is(err, errTight); round++ {
		if ok, serr := s.squeeze(ctx, c, round); serr != nil {
			return serr
		} else if !ok {
			break
		}
		err = s.try(ctx, c)
	}
	switch {
	case err == errNothing:
		return s.keepGone(ctx)
	case errors.Is(err, coatcheck.ErrFull):
		s.refused.Add(1)
	case err == nil && s.owed.Load() != owedNothing:
		s.payOff(ctx)
	}
	return err
}

// keepGone ends a Delete that found nothing. What was evicted or swept before has
// a tombstone that nobody has waited for, and must not come back after it either.
func (s *Store) keepGone(ctx context.Context) error {
	if s.opts.Durability.mode == modeNone {
		return nil
	}
	return s.syncLog(ctx, (*Store).unsyncedTombs)
}

func (s *Store) try(ctx context.Context, c *change) error {
	err := errSync
	if !s.waits(c) {
		s.glance(c)
		err = s.locked(ctx, func() error { return s.applyNow(c) })
	}
	if err == errSync && c.op == classPut && s.loser(c).Swap(false) {
		c.again = patience
	}
	for err == errSync || err == errAgain {
		if err == errAgain {
			c.again++
		}
		err = s.queue.run(ctx, s, c)
	}
	return err
}

// waits reports whether a change goes to the disk before it is published, as
// far as that can be told before the lock is held.
func (s *Store) waits(c *change) bool {
	switch s.opts.Durability.mode {
	case modeAlways:
		return true
	case modeNone:
		return false
	}
	return c.op == classDelete
}

// applyNow makes a change under the lock, without the disk.
func (s *Store) applyNow(c *change) error {
	t := s.table()
	if err := s.prepare(&t, c); err != nil {
		return err
	}
	if s.opts.Durability.mode == modeInterval && s.endsSession(c) {
		return errSync
	}
	n := int64(len(c.buf))
	if err := s.place(c, n); err != nil {
		return err
	}
	point("put.append")
	if mutant("put.skip-append") {
		c.buf[recBodySum]++
	}
	s.mem.write(c.buf, c.off)
	point("put.tail")
	s.claim(c.off, n)
	s.publish(&t, c)
	s.helpCompact(n)
	return nil
}

// endsSession reports whether what takes the place of a record ends the
// session, as a stub does. That is never lost.
func (s *Store) endsSession(c *change) bool {
	if c.op == classDelete {
		return true
	}
	return c.before != nil && (c.buf.deadline() < c.before.deadline() || c.before.owned() && !c.buf.owned())
}

// prepare finds the place of a change in the index, and makes room where a
// limit is reached. The table may be another afterwards.
func (s *Store) prepare(t *table, c *change) error {
	if err := s.dirty(); err != nil {
		return err
	}
	if err := s.look(t, c); err != nil {
		return err
	}
	if c.op == classDelete {
		horizon := int64(never)
		if c.before != nil {
			horizon = c.before.horizon()
		}
		c.buf.setU64(recHorizon, uint64(horizon))
		return nil
	}
	if c.from != refEmpty {
		return nil
	}
	if err := s.makeRoom(t, c); err != nil {
		return err
	}
	return s.growIndex(t, c)
}

// place reserves room in the log for a change and completes its entry.
func (s *Store) place(c *change, n int64) (err error) {
	s.urgent = c.op == classDelete
	c.off, err = s.reserve(n)
	s.urgent = false
	if err != nil {
		return s.reclaim(err)
	}
	if c.op == classDelete {
		// Before it is there, and for good, whatever becomes of the change: a
		// segment that counts fewer than it has loses the last of them when it
		// is compacted.
		s.addTombs(s.segmentOf(c.off), recHead)
	}
	seq, generation := s.number(c.off)
	s.finish(c, seq, generation)
	return nil
}
