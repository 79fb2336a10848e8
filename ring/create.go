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
		to, err := c.reserve(ctx, rec)
		if err == nil {
			err = c.put(ctx, to, rec, 0)
		}
		if !isRace(err) {
			return err
		}
	}
	return errBusy
}

// reserve puts a stub at each former home and returns where all of them point to:
// home, unless one points to a place that this process does not know as such.
// Others may be about to put the record there. It returns an error of a race if
// a record turns up. The latest comes first: an older stub that points there
// must not be changed before nothing can appear there.
func (c *chain) reserve(ctx context.Context, rec *coatcheck.Record) (to site, err error) {
	to = c.home()
	for i := 1; i < c.n; i++ {
		there, err := c.point(ctx, c.sites[i], to, rec)
		if err != nil {
			return site{}, err
		}
		if !there.is(to) {
			to, i = there, 0 // begin again
		}
	}
	return to, nil
}

// point puts a stub that points to a place at a former home, and returns where
// the one points to that is there then.
func (c *chain) point(ctx context.Context, s, to site, rec *coatcheck.Record) (site, error) {
	stub := plainStub(rec, s.epoch, at(to), c.r.opts.Now().Add(c.r.opts.Overlap))
	err := s.create(ctx, stub)
	if !errors.Is(err, coatcheck.ErrExists) {
		return to, err
	}
	got, err := s.place(ctx, c.id)
	switch {
	case err != nil:
		return to, err
	case got.kind == kindAbsent, got.kind == kindLive:
		return to, coatcheck.ErrExists
	case got.kind == kindStub && got.move != 0:
		return to, c.retire(ctx, s, got)
	case got.kind == kindStub && got.peer.peer == to.name && got.peer.peerEpoch == to.epoch && !got.raw.Expires.Before(stub.Expires):
		return to, nil
	case got.kind == kindStub && to.is(c.home()) && !c.has(got.peer.peer):
		if there, known, err := c.target(got.peer); known || err != nil {
			return there, err
		}
	case got.kind == kindCopy:
		if err := c.stale(ctx, got); err != nil {
			return to, err
		}
	}
	return to, s.put(ctx, stub, got)
}

// put adds rec at s, where no record was found a moment ago, or where a stub
// there points to, so that all who know of that agree on the place. A stub that
// points back to where we come from is one of a change that was undone. Of a
// stub that has committed a move the record must have ended.
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
		return c.retire(ctx, s, got)
	case got.kind == kindStub && !c.has(got.peer.peer) && hops < maxHops:
		to, known, err := c.target(got.peer)
		if err != nil {
			return err
		}
		if known {
			return c.put(ctx, to, rec, hops+1)
		}
	case got.kind == kindCopy:
		if err := c.stale(ctx, got); err != nil {
			return err
		}
	}
	return s.put(ctx, s.form(rec), got)
}

// stale returns an error of a race unless a copy can never count any more, so
// that it may be overwritten.
func (c *chain) stale(ctx context.Context, copy cell) error {
	from, known, err := c.target(copy.peer)
	if err != nil || !known {
		return err
	}
	got, err := from.place(ctx, c.id)
	if err == nil && (got.kind == kindLive || got.kind == kindStub && got.move == copy.move) {
		err = errMoved
	}
	return err
}

// retire makes a stub at s that has committed a move a plain one if there is
// nothing behind it any more: the record has come and gone. It returns an error
// of a race in any case, since the caller has to look again.
func (c *chain) retire(ctx context.Context, s site, stub cell) error {
	to, known, err := c.target(stub.peer)
	if err != nil {
		return err
	}
	if known {
		got, err := to.place(ctx, c.id)
		if err != nil {
			return err
		}
		if got.kind != kindAbsent && got.kind != kindDead {
			return errMoved
		}
	}
	if err := c.settle(ctx, s, stub); err != nil {
		return err
	}
	return errMoved
}
