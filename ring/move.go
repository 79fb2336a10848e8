package ring

import (
	"context"
)

// move brings the record of c.id from one site to another. It returns errMoved
// if it is no longer there, and what wraps ErrFull or ErrTooLarge if the target
// cannot take it; then it stays. The steps are those of the package's
// documentation.
func (c *chain) move(ctx context.Context, from, to site) error {
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return err
		}
		// The target is looked at first: if what it has is a copy of a version
		// that the origin is past now, nobody can commit that copy any more,
		// and it may be overwritten.
		had, err := to.place(ctx, c.id)
		if err != nil {
			return err
		}
		got, err := from.place(ctx, c.id)
		if err != nil {
			return err
		}
		if got.kind != kindLive || had.kind == kindLive {
			return errMoved
		}
		mine, err := c.copyTo(ctx, to, had, from, got)
		if err == nil {
			stub := commitStub(got.rec, from.epoch, to)
			if err = from.swap(ctx, stub, got.raw.Version); err == nil {
				c.r.moved.Add(1)
				return c.complete(ctx, from, to, mine)
			}
		}
		if !isRace(err) {
			return err
		}
	}
	return errBusy
}

// copyTo puts a copy of got at to, unless had is one already, and returns it.
func (c *chain) copyTo(ctx context.Context, to site, had cell, from site, got cell) (cell, error) {
	if had.kind == kindCopy && had.base == got.rec.Version && had.peer.peer == from.name && had.peer.peerEpoch == from.epoch {
		return had, nil
	}
	e := at(from)
	e.kind, e.epoch = storedCopy, to.epoch
	raw := enclose(got.rec, e, newVersion(versionOther))
	err := to.put(ctx, raw, had)
	return cell{kind: kindCopy, raw: raw, rec: got.rec, peer: e, base: got.rec.Version}, err
}

// complete makes the copy the record, after the commit. If that fails now,
// whoever finds it next does it.
func (c *chain) complete(ctx context.Context, from, to site, mine cell) error {
	stub, err := from.place(ctx, c.id)
	if err != nil {
		return err
	}
	if stub.kind != kindStub || stub.base != mine.base || stub.peer.peer != to.name {
		return nil // somebody was faster
	}
	if err := c.activate(ctx, to, mine, from, stub); err != nil && !isRace(err) {
		return err
	}
	return nil
}

// activate makes the copy at s, whose move the stub at from has committed, the
// record. Touches that met the stub meanwhile are not lost.
func (c *chain) activate(ctx context.Context, s site, mine cell, from site, stub cell) error {
	rec := mine.rec.Touched(stub.raw.Expires)
	if err := s.swap(ctx, s.form(rec), mine.raw.Version); err != nil {
		return err
	}
	// The stub has done its work, and stays only for those who do not know of
	// the change. If this fails, a Rebalance makes up for it.
	_ = c.settle(ctx, from, stub)
	return nil
}

// settle makes a stub a plain one, by which no copy ever counts again.
func (c *chain) settle(ctx context.Context, from site, stub cell) error {
	plain := plainStub(stub.raw, from.epoch, stub.peer, c.r.opts.Now().Add(c.r.opts.Overlap))
	return from.swap(ctx, plain, stub.raw.Version)
}
