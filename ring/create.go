package ring

import (
	"context"
	"errors"

	"github.com/coatcheck/coatcheck"
)

// Create implements [coatcheck.Store]. While members change, a stub at each
// former home comes first, so that processes that do not know of the change
// find the record.
func (r *Ring) Create(ctx context.Context, rec *coatcheck.Record) error {
	c, err := r.chain(ctx, rec.ID)
	if err != nil {
		return err
	}
	if c.n == 1 {
		err := c.home().create(ctx, c.home().form(rec))
		if !errors.Is(err, coatcheck.ErrExists) {
			return err
		}
	}
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return err
		}
		_, got, err := c.find(ctx)
		switch {
		case err != nil:
			return err
		case got.kind == kindLive:
			return coatcheck.ErrExists
		}
		if err = c.reserve(ctx, rec); err == nil {
			err = c.put(ctx, c.home(), rec, 0)
		}
		if !isRace(err) {
			return err
		}
	}
	return errBusy
}

// reserve puts a stub that points home at each former home. It returns an
// error of a race if a record turns up there. The latest comes first: an older
// stub that points there must not be changed before nothing can appear there.
func (c *chain) reserve(ctx context.Context, rec *coatcheck.Record) error {
	for i := 1; i < c.n; i++ {
		s := c.sites[i]
		stub := plainStub(rec, s.epoch, at(c.home()), c.r.opts.Now().Add(c.r.opts.Overlap))
		err := s.create(ctx, stub)
		if !errors.Is(err, coatcheck.ErrExists) {
			if err != nil {
				return err
			}
			continue
		}
		got, err := s.place(ctx, c.id)
		switch {
		case err != nil:
			return err
		case got.kind == kindAbsent, got.kind == kindLive:
			return coatcheck.ErrExists
		case got.kind == kindStub && got.move == 0 && got.peer.peer == c.home().name && got.peer.peerEpoch == c.home().epoch &&
			!got.raw.Expires.Before(stub.Expires):
			continue
		case got.kind == kindStub && got.move != 0:
			if err := c.spent(ctx, got); err != nil {
				return err
			}
		}
		if err := s.put(ctx, stub, got); err != nil {
			return err
		}
	}
	return nil
}

// put adds rec at s, where no record was found a moment ago, or where a stub
// there points to, so that all who know of that agree on the place. A stub that
// points back to where we come from is one of a change that was undone. Of a
// stub that has committed a move the record must have ended, and behind a plain
// one no copy counts, so that one may be overwritten.
func (c *chain) put(ctx context.Context, s site, rec *coatcheck.Record, hops int) error {
	err := s.create(ctx, s.form(rec))
	if !errors.Is(err, coatcheck.ErrExists) {
		return err
	}
	got, err := s.place(ctx, c.id)
	switch {
	case err != nil:
		return err
	case got.kind == kindAbsent, got.kind == kindLive:
		return coatcheck.ErrExists
	case got.kind == kindStub && got.move != 0:
		if err := c.spent(ctx, got); err != nil {
			return err
		}
		if err := c.settle(ctx, s, got); err != nil {
			return err
		}
		return errMoved // look again: it only points there now
	case got.kind == kindStub && !c.has(got.peer.peer) && hops < maxHops:
		to, known, err := c.target(got.peer)
		if err != nil {
			return err
		}
		if known {
			return c.put(ctx, to, rec, hops+1)
		}
	}
	return s.put(ctx, s.form(rec), got)
}

// spent returns an error of a race unless a stub that has committed a move has
// nothing behind it any more: the record has come and gone.
func (c *chain) spent(ctx context.Context, stub cell) error {
	to, known, err := c.target(stub.peer)
	if err != nil || !known {
		return err
	}
	got, err := to.place(ctx, c.id)
	if err == nil && got.kind != kindAbsent && got.kind != kindDead {
		err = errMoved
	}
	return err
}
