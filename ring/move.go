package ring

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// move brings the record of c.id from one site to another. It returns errMoved
// if it is no longer there. If the target cannot take it that is an error that
// wraps ErrFull or ErrTooLarge, and errBehind if it is no target any more; then
// the record stays. The steps are those of docs/RING.md.
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
		if err := c.mayPass(had); err != nil {
			return err
		}
		mine, err := c.copyTo(ctx, to, had, from, got)
		if err == nil {
			stub := commitStub(got.rec, from.epoch, to, mine.move)
			if err = from.swap(ctx, stub, got.raw.Version); err == nil {
				c.r.moved.Add(1)
				if err = c.complete(ctx, from, to, mine); isRace(err) {
					err = errMoved
				}
				return err
			}
		}
		if !isRace(err) {
			return err
		}
	}
	return errBusy
}

// errBehind means that a record cannot move to its home, because that has not
// been its home any more since a change that this process has not heard of.
var errBehind = errors.New("ring: others know of a later change of members: give this process the new list, too")

// mayPass returns errBehind if what is at the target of a move is a stub that
// points on to where others may be about to put a record.
func (c *chain) mayPass(had cell) error {
	if had.kind != kindStub || c.has(had.peer.peer) {
		return nil
	}
	_, known, err := c.target(had.peer)
	if err == nil && known {
		err = errBehind
	}
	return err
}

// copyTo puts a copy of got at to, unless had is one already, and returns it.
// It lives as long as the record can: touches may still come before the commit.
// Each copy has a number of its own. So one that arrives late, when the record
// has moved by another copy and has perhaps ended there, is of no move that
// anybody has committed.
func (c *chain) copyTo(ctx context.Context, to site, had cell, from site, got cell) (cell, error) {
	if had.kind == kindCopy && had.rec.Version == got.rec.Version && had.peer.peer == from.name && had.peer.peerEpoch == from.epoch {
		return had, nil
	}
	e := at(from)
	e.kind, e.epoch, e.base = storedCopy, to.epoch, got.rec.Version
	e.move = 1 + rand.Uint64N(math.MaxUint64)
	if had.kind == kindStub || had.kind == kindCopy {
		e.kind = storedReturn
	}
	raw := enclose(got.rec, e, newVersion(versionOther))
	raw.Expires = raw.Deadline
	err := to.put(ctx, raw, had)
	return cell{kind: kindCopy, raw: raw, rec: got.rec, peer: e, move: e.move}, err
}

// complete makes the copy the record, after the commit. If that fails now,
// whoever finds it next does it.
func (c *chain) complete(ctx context.Context, from, to site, mine cell) error {
	stub, err := from.place(ctx, c.id)
	if err != nil {
		return err
	}
	if stub.kind != kindStub || stub.move != mine.move || stub.peer.peer != to.name {
		return nil // somebody was faster
	}
	if err := c.activate(ctx, to, mine, from, stub); err != nil {
		return err // of a race if somebody is at it, but may not be done yet
	}
	return nil
}

// activate makes the copy at s, whose move the stub at from has committed, the
// record, with the stub's deadlines: those of the record when it was replaced,
// and what touches have made of them since. Replace keeps the later deadline, so
// the copy's own has to be shortened first. A record that comes back to where it
// was gets another stored version than it had there: whoever was about to commit
// a move of it then must not do so now.
func (c *chain) activate(ctx context.Context, s site, mine cell, from site, stub cell) error {
	rec := *mine.rec
	rec.Deadline, rec.Expires = stub.raw.Deadline, stub.raw.Expires
	version := mine.raw.Version
	if mine.raw.Expires.After(rec.Expires) {
		short := *mine.raw
		short.Deadline, short.Expires = rec.Expires, rec.Expires
		short.Version = newVersion(versionOther)
		mine.peer.seal(&short)
		if err := s.swap(ctx, &short, version); err != nil {
			return err
		}
		version = short.Version
	}
	if err := c.stillBelieved(ctx, from, s); err != nil {
		return err
	}
	live := s.form(&rec)
	if mine.peer.kind == storedReturn {
		live = enclose(&rec, envelope{kind: storedFenced, epoch: s.epoch}, newVersion(versionOther))
	}
	if err := s.swap(ctx, live, version); err != nil {
		return err
	}
	// The stub has done its work, and stays only for those who do not know of
	// the change. If this fails, a Rebalance makes up for it.
	_ = c.settle(ctx, from, stub)
	return nil
}

// stillBelieved returns an error if a member was given up since the operation began.
// That may be long ago, if stores are slow, and others may have seen already that the
// sessions there are gone: none may come back by a move that was under way.
func (c *chain) stillBelieved(ctx context.Context, sites ...site) error {
	v, err := c.r.look(ctx)
	if err != nil {
		return err
	}
	for _, s := range sites {
		if v.epoch(s.name) > s.epoch {
			return fmt.Errorf("ring: member %q was given up while the session was moving", s.name)
		}
	}
	return nil
}

// finish completes the move that a stub at from has committed, and makes the stub
// a plain one. Another stub that has come in its place is left as it is.
func (c *chain) finish(ctx context.Context, from site, stub cell) error {
	if _, _, err := c.follow(ctx, from); err != nil {
		return err
	}
	now, err := from.place(ctx, c.id)
	if err != nil || now.raw == nil || now.raw.Version != stub.raw.Version {
		return err
	}
	return c.settle(ctx, from, now)
}

// settle makes a stub a plain one, by which no copy ever counts again.
func (c *chain) settle(ctx context.Context, from site, stub cell) error {
	plain := plainStub(stub.raw, from.epoch, stub.peer, c.r.opts.Now().Add(c.r.opts.Overlap))
	return from.swap(ctx, plain, stub.raw.Version)
}
