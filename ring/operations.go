package ring

import (
	"context"
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Load implements [coatcheck.Store]. While members change it looks at the new
// home and then at the former ones; it moves nothing, so that reading stays
// cheap.
func (r *Ring) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	c, err := r.chain(ctx, id)
	if err != nil {
		return nil, err
	}
	_, got, err := c.find(ctx)
	switch {
	case err != nil:
		return nil, err
	case got.kind != kindLive:
		return nil, coatcheck.ErrNotFound
	}
	return got.rec, nil
}

// Replace implements [coatcheck.Store]. A record that is not at its home moves
// there first, unless that has no room for it.
func (r *Ring) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	c, err := r.chain(ctx, rec.ID)
	if err != nil {
		return err
	}
	home := c.home()
	err = home.swap(ctx, home.form(rec), home.version(old))
	if cannot(err) {
		// A store may say so before it looks whether it has the record at all.
		switch got, perr := home.place(ctx, rec.ID); {
		case perr != nil:
			return perr
		case got.kind != kindLive:
			err = errMoved
		}
	}
	for try := range maxTries {
		if !isRace(err) || c.n == 1 && errors.Is(err, coatcheck.ErrNotFound) {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
		at, got, ferr := c.find(ctx)
		switch {
		case ferr != nil:
			return ferr
		case got.kind != kindLive:
			return coatcheck.ErrNotFound
		case got.rec.Version != old:
			return coatcheck.ErrConflict
		}
		err = c.replace(ctx, at, got, rec)
	}
	return errBusy
}

// replace puts rec in the place of what was found at a site, and brings it home.
func (c *chain) replace(ctx context.Context, at site, got cell, rec *coatcheck.Record) error {
	s, err := c.bringHome(ctx, at)
	if err != nil {
		return err
	}
	version := got.raw.Version
	if !s.is(at) {
		version = s.version(got.rec.Version) // a conflict if it has been here before
	}
	return s.swap(ctx, s.form(rec), version)
}

// bringHome moves the record to where it belongs if it is at a former home,
// and returns where it is then. One that another process has sent elsewhere,
// by a change that this one does not know of, stays there.
func (c *chain) bringHome(ctx context.Context, at site) (site, error) {
	home := c.home()
	if at.is(home) || !c.has(at.name) {
		return at, nil
	}
	err := c.move(ctx, at, home)
	if cannot(err) || errors.Is(err, errBehind) {
		return at, nil
	}
	return home, err
}

// mayHaveMoved reports whether a record that was found at a place a moment ago
// may have left it since, rather than ended: a stub is there, or something has
// come back.
func (c *chain) mayHaveMoved(was, now cell) bool {
	switch now.kind {
	case kindStub, kindCopy:
		return true
	case kindLive:
		return now.raw.Version != was.raw.Version && (c.n > 1 || isOwn(now.raw.Version))
	}
	return false
}

// errUnclear ends a touch that has met a record just when it moved, or a stub of
// it just after that.
var errUnclear = errors.New("ring: the session moved and was changed while it was touched, so that nobody can tell whether it still was")

// Touch implements [coatcheck.Store]. It looks before and after: what it touched
// may have become a stub meanwhile, which then perhaps has only been told. A move
// that commits after the second look takes the touch along.
func (r *Ring) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	c, err := r.chain(ctx, id)
	if err != nil {
		return err
	}
	var touched *coatcheck.Record // what may have been touched, or moved away before
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return err
		}
		at, got, err := c.find(ctx)
		switch {
		case err != nil:
			return err
		case got.kind != kindLive && touched != nil:
			return nil // it has ended since, and others may have seen the touch
		case got.kind != kindLive:
			return coatcheck.ErrNotFound
		case touched != nil && got.touched(expires):
			return nil
		case touched != nil && got.rec.Version != touched.Version:
			return errUnclear // it may be another one, which must not be touched, too
		}
		if at, err = c.bringHome(ctx, at); err == nil {
			err = at.touch(ctx, id, expires)
		}
		if isRace(err) {
			continue
		}
		if err != nil {
			return err
		}
		now, err := at.place(ctx, id)
		if err != nil || now.touched(expires) || !c.mayHaveMoved(got, now) {
			return err
		}
		touched = got.rec
	}
	return errBusy
}

// Delete implements [coatcheck.Store]. It replaces the record, at its version,
// by one that means nothing, and deletes that, so that it never hits what
// somebody else has put in its place meanwhile.
func (r *Ring) Delete(ctx context.Context, id coatcheck.ID) error {
	c, err := r.chain(ctx, id)
	if err != nil {
		return err
	}
	// Former homes first: once nothing there makes a copy valid, what is done
	// at the home is final.
	for i := c.n - 1; i >= 0; i-- {
		if ended, err := c.kill(ctx, c.sites[i], 0); ended || err != nil {
			return err
		}
	}
	return nil
}

// kill deletes the record if it is at s or where the stubs there point to. ended
// is true if it was: then that was the deletion, and another one might hit
// another record that has the ID by now.
func (c *chain) kill(ctx context.Context, s site, hops int) (ended bool, err error) {
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return false, err
		}
		got, err := s.place(ctx, c.id)
		switch {
		case errors.Is(err, coatcheck.ErrCorrupt):
			// It may have been a stub, so that the record is somewhere else.
			return false, s.remove(ctx, c.id)
		case err != nil:
			return false, err
		case got.kind == kindLive:
			if err = c.end(ctx, s, got); err == nil || !isRace(err) {
				return err == nil, err
			}
		case got.kind == kindStub:
			return c.killBehind(ctx, s, got, hops)
		case got.kind == kindCopy:
			at, live, err := c.weigh(ctx, s, got, hops)
			if err != nil || live.kind != kindLive || hops == maxHops {
				return false, err // a copy that counts for nothing may stay
			}
			if !at.is(s) {
				return c.kill(ctx, at, hops+1)
			}
		default:
			return false, nil
		}
	}
	return false, errBusy
}

// end deletes what is at s if it is still got.
func (c *chain) end(ctx context.Context, s site, got cell) error {
	began := time.Now()
	err := s.swap(ctx, death(got.raw, s.epoch, c.r.opts.Now()), got.raw.Version)
	switch {
	case cannot(err):
		// Which needs no room, but goes by the ID alone: look what was hit.
		if err := s.remove(ctx, c.id); err != nil {
			return err
		}
		return errMoved
	case err != nil:
		return err
	}
	if time.Since(began) < dying/2 {
		// It is dead already; if this fails, it expires in a moment.
		_ = s.remove(ctx, c.id)
	}
	return nil
}

// killBehind deletes what a stub points to. A move that it has committed is
// completed first, and then it makes no copy valid any more. It stays until it
// expires.
func (c *chain) killBehind(ctx context.Context, s site, stub cell, hops int) (ended bool, err error) {
	if hops == maxHops {
		return false, nil
	}
	if stub.move != 0 {
		if err := c.finish(ctx, s, stub); err != nil && !isRace(err) {
			return false, err
		}
		return c.kill(ctx, s, hops+1)
	}
	to, known, err := c.target(stub.peer)
	if err != nil || !known {
		return false, err
	}
	return c.kill(ctx, to, hops+1)
}
