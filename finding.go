package coatcheck

import (
	"context"
	"errors"
)

// A finding is what a look at a session has found.
type finding struct {
	rec *Record // the session's record as it is now; nil if it has ended, or nobody can tell
	why error   // why it has ended, nil if it lives or nobody can tell
}

// fate is what a record says of the session under whose ID it stands: why that
// has ended, nil if it lives.
func (md *meta) fate() error {
	switch md.state {
	case stateLive:
		return nil
	case stateStub:
		return ErrRenewed
	}
	return ErrDestroyed
}

// find looks at the session of which rec was known before.
func (c *caller) find(ctx context.Context, rec *Record) finding {
	if c.m.sealing != nil {
		return c.findSealed(ctx, rec)
	}
	cur, md, err := c.load(ctx, rec.ID)
	if err != nil {
		return c.missed(ctx, rec, err)
	}
	if err := md.fate(); err != nil {
		return finding{why: err}
	}
	return finding{rec: cur}
}

// missed makes a finding of a load that gave no record.
func (c *caller) missed(ctx context.Context, rec *Record, err error) finding {
	var r *rejection
	past := !rec.Live(c.m.opts.Now())
	switch {
	case past:
		// Touches of others are seen before the known deadline has passed, so
		// this is expiry, and not merely a deadline that is out of date; or else
		// nobody could tell for as long.
		return finding{why: ErrExpired}
	case errors.As(err, &r) && r.reason == reasonFuture:
		return finding{} // a clock that was put back ends no session for good
	case errors.Is(err, ErrNotFound):
		return finding{why: ErrDestroyed}
	case errors.Is(err, ErrCorrupt):
		return finding{why: c.m.lost(ctx, rec.ID, err)}
	}
	return finding{}
}

// findSealed is find for a sealed session, which has only its token's deadline,
// and whatever ends it before.
func (c *caller) findSealed(ctx context.Context, rec *Record) finding {
	if now := c.m.opts.Now(); !rec.Live(now) || c.m.outlived(rec, now) {
		return finding{why: ErrExpired}
	}
	err := c.alive(ctx, rec)
	var r *rejection
	switch {
	case err == nil:
		return finding{rec: rec}
	case errors.As(err, &r) && r.reason == reasonReplaced:
		return finding{why: ErrRenewed}
	case errors.As(err, &r) && r.reason == reasonRevoked:
		return finding{why: ErrDestroyed}
	}
	return c.missed(ctx, rec, err)
}
