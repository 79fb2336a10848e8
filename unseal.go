package coatcheck

import (
	"context"
	"errors"
	"time"
)

// openSealed makes s the session that a token holds, as open does for one that
// a store keeps.
func (s *Session) openSealed(ctx context.Context, c *caller, token Token) error {
	rec, md, err := c.unseal(ctx, token)
	if rec == nil {
		return c.reject(ctx, ID{}, err)
	}
	if err == nil {
		err = c.alive(ctx, rec)
	}
	if errors.Is(err, errJustRenewed) {
		s.phase = phaseGone // nobody else has s yet
	}
	if err == nil {
		err = s.accept(token, rec, md, c.now)
	}
	if err != nil {
		return c.reject(ctx, rec.ID, err)
	}
	return nil
}

// unseal returns the record that a token holds, if it is whole and in time.
// With a record an error is that record's.
func (c *caller) unseal(ctx context.Context, token Token) (*Record, meta, error) {
	z := c.m.sealing
	rec, err := z.Open(c.begin(ctx), z.scope, token)
	c.end()
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return nil, meta{}, &rejection{sealReason(err), err}
	case err == nil && rec == nil:
		err = errors.New("neither a record nor an error came of Open")
		fallthrough
	case err != nil:
		return nil, meta{}, c.fault(ctx, ID{}, err)
	}
	md, reason := openMeta(rec, rec.ID)
	now := c.m.opts.Now()
	c.now = now
	switch {
	case reason != "":
		return rec, md, &rejection{reason, ErrCorrupt}
	case !rec.Live(now), c.m.outlived(rec, &md, now):
		c.emit(ctx, Event{Kind: EventExpired, ID: rec.ID, Owner: rec.Owner})
		return rec, md, ErrNotFound
	case rec.Owner != "" && c.m.sealing.beside:
		return rec, md, &rejection{reasonOwner, ErrNotFound} // DestroyOwner would not find it
	case rec.Created.Sub(now) > maxSkew, rec.AuthTime.Sub(now) > maxSkew:
		return rec, md, &rejection{reasonFuture, ErrNotFound}
	}
	return rec, md, nil
}

// outlived reports whether a session is older than today's timeouts allow: what
// ends sessions from outside is kept no longer than that.
func (m *Manager) outlived(rec *Record, md *meta, now time.Time) bool {
	_, absolute := m.opts.pair(rec.Owner, md)
	start := rec.Created
	if rec.Owner != "" {
		start = rec.AuthTime
	}
	return !now.Before(after(start, absolute))
}

// precedes reports whether a is an earlier state of one sealed session than b.
func precedes(a, b *Record) bool {
	if ours, theirs := a.Version>>32, b.Version>>32; ours != theirs {
		return ours < theirs
	}
	return a.Expires.Before(b.Expires)
}

// sealReason returns the word for an error of Open.
func sealReason(err error) string {
	var r interface{ Reason() string }
	if errors.As(err, &r) {
		return r.Reason()
	}
	return reasonUnknown
}
