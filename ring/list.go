package ring

import (
	"context"
	"errors"

	"github.com/coatcheck/coatcheck"
)

// List implements [coatcheck.Lister]. A page holds records of one member. A
// member that does not answer is an error that names it: the walk is not
// complete without it. While members change each record is shown where it was
// first, wherever it is now.
func (r *Ring) List(ctx context.Context, from string, limit int) (recs []*coatcheck.Record, next string, err error) {
	x, err := r.tour(ctx, from, limit, func(c coatcheck.Capabilities) bool { return c.List }, "list")
	if err != nil {
		return nil, "", err
	}
	switch over, err := x.over(); {
	case err != nil:
		return nil, "", err
	case over:
		return nil, x.next(""), nil
	}
	s := x.site()
	raws, inner, err := s.list(ctx, x.cursor.inner, limit)
	if err != nil {
		return nil, "", partial(ctx, err, s.name)
	}
	for _, raw := range raws {
		rec, err := r.shown(ctx, x, s, raw)
		switch {
		case errors.Is(err, coatcheck.ErrCorrupt): // costs only itself
		case err != nil:
			return nil, "", partial(ctx, err, s.name)
		case rec != nil:
			recs = append(recs, rec)
		}
	}
	return recs, x.next(inner), nil
}

// partial says that a member did not answer, unless the error is the caller's.
func partial(ctx context.Context, err error, name string) error {
	if ctx.Err() != nil || isVerdict(err) {
		return err
	}
	return &PartialError{Members: []string{name}, Err: err}
}

// list reads one page of the member's own.
func (s site) list(ctx context.Context, from string, limit int) (raws []*coatcheck.Record, next string, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		raws, next, err = s.store.(coatcheck.Lister).List(ctx, from, limit)
		return err
	})
	return raws, next, err
}

// shown returns the record that a listing shows for what it met at s, or nil if
// that is to be shown at another place or not at all.
func (r *Ring) shown(ctx context.Context, x *tour, s site, raw *coatcheck.Record) (*coatcheck.Record, error) {
	got := read(raw, s.epoch)
	if got.kind != kindLive && got.kind != kindStub {
		return nil, nil
	}
	c, err := r.chainIn(x.t, x.v, raw.ID)
	if err != nil {
		return nil, err
	}
	first, err := c.first(ctx, s)
	switch {
	case err != nil || !first:
		return nil, err
	case got.kind == kindLive:
		return got.rec, nil
	}
	_, found, err := c.find(ctx)
	if err != nil || found.kind != kindLive {
		return nil, err
	}
	if kept, err := c.keep(ctx, s, got); err != nil || !kept {
		return nil, err
	}
	return found.rec, nil
}

// keep reports whether a record is to be shown where this stub of it is. One
// that might expire before the walk comes to the record's other places, or
// after it has been there, gets more time.
func (c *chain) keep(ctx context.Context, s site, stub cell) (bool, error) {
	for range maxTries {
		now := c.r.opts.Now()
		switch {
		case stub.kind == kindLive:
			return true, nil
		case stub.kind != kindStub || !stub.raw.Live(now):
			return false, nil
		case stub.move != 0 || stub.raw.Expires.Sub(now) > c.r.opts.Overlap/2:
			return true, nil
		}
		longer := prolonged(stub, s.epoch, now.Add(c.r.opts.Overlap))
		err := s.swap(ctx, longer, stub.raw.Version)
		if err == nil || cannot(err) {
			return true, nil
		}
		if !isRace(err) {
			return false, err
		}
		if stub, err = s.place(ctx, c.id); err != nil {
			return false, err
		}
	}
	return false, errBusy
}

// first reports whether s is the place where a walk shows the record: in the
// chain, with neither it nor a stub at an older place. A record moves towards
// the beginning of the chain and leaves stubs, so it is shown exactly once
// however the walk and the move meet.
func (c *chain) first(ctx context.Context, s site) (bool, error) {
	for i := c.n - 1; i >= 0; i-- {
		if c.sites[i].is(s) {
			return true, nil
		}
		older, err := c.sites[i].place(ctx, c.id)
		switch {
		case errors.Is(err, coatcheck.ErrCorrupt):
			continue // which shows nothing
		case err != nil:
			return false, err
		}
		if there, err := c.keep(ctx, c.sites[i], older); err != nil || there {
			return false, err
		}
	}
	return false, nil
}
