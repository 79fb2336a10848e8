package coatcheck

import (
	"context"
	"errors"
)

// Destroy ends the session: its record is deleted, its cookie removed, its
// pending changes dropped. The session is then as without a cookie; a later
// change starts a new one. A session that is not stored has only its pending
// changes dropped.
//
// [ErrGone] means that the session was renewed or logged in by another request
// meanwhile and lives on under its new token: then nothing is done, and the
// cookie stays. A session that somebody destroyed before counts as destroyed.
// Other errors are [ErrNested], [ErrClosed] and what the store said; the
// session may then live on.
//
// After the headers have left the record is deleted all the same; the browser
// keeps a cookie that opens nothing. Only a sealed session that cannot be
// revoked (see [Sealer]) lives on then, and the error is [ErrHeadersSent].
func (s *Session) Destroy(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.mu.Lock()
	was, rec := s.phase, s.rec
	s.mu.Unlock()
	if was == phaseGone {
		return ErrGone
	}
	if was == phaseLive || was == phaseSealed {
		if err := s.destroy(ctx, rec); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.phase, s.rec, s.token, s.unsplit = phaseNew, nil, "", false
	s.desk.clear()
	s.base.reset()
	s.mu.Unlock()
	return nil
}

// destroy ends rec and clears the cookie.
func (s *Session) destroy(ctx context.Context, rec *Record) error {
	c := s.caller()
	if err := c.entomb(ctx, rec, s.spareLane()); err != nil {
		if errors.Is(err, ErrGone) {
			s.gone(ctx)
		}
		return err
	}
	if !s.addHeaders(s.clearCookie) && c.sealed && !s.m.sealing.Revocable() {
		return ErrHeadersSent // nothing has ended it
	}
	s.m.hub.lost(rec.ID, ErrDestroyed)
	s.m.emit(ctx, Event{Kind: EventDestroyed, ID: rec.ID, Owner: rec.Owner})
	return nil
}

// entomb puts a tomb in the place of rec, at its version, and then deletes
// that: a deletion alone could not tell a live session from the stub of one
// that another request has just renewed. To clear the cookie then would undo
// that login. It returns ErrGone for a renewed session, and nil for one that
// ended otherwise.
func (c *caller) entomb(ctx context.Context, rec *Record, spare *lane) error {
	id := rec.ID
	if c.sealed {
		return c.entombSealed(ctx, rec)
	}
	// Ending a session does not depend on its turn among those who save.
	l, _ := c.m.lanes.enter(ctx, &rec.ID, spare, c.m.opts.StoreTimeout)
	defer func() { c.m.lanes.leave(l) }()
	if cur := l.ahead(rec); cur != nil {
		rec = cur
	}
	for try := 0; ; try++ {
		md, _ := openMeta(rec, id)
		switch md.state {
		case stateStub:
			return ErrGone
		case stateAlias:
			c.m.lanes.leave(l)
			l = nil
			return c.entombRotated(ctx, trail{rec: rec, meta: md}, spare)
		}
		tomb := c.rest(rec, stateTomb)
		cur, err := c.swap(ctx, tomb, rec.Version)
		if err == nil {
			l.note(tomb)
			// It is dead already. If the store cannot delete what is left of
			// it now, that expires within a minute.
			_ = c.remove(ctx, id)
			return nil
		}
		if errors.Is(err, ErrFull) {
			if now, md, lerr := c.load(ctx, id); lerr == nil && md.state == stateAlias {
				rec = now // to delete that would end nothing
				continue
			}
		}
		rec, err = c.again(ctx, id, cur, err, try)
		switch {
		case errors.Is(err, ErrCorrupt), errors.Is(err, ErrFull):
			return c.remove(ctx, id) // which needs neither sense nor room
		case errors.Is(err, ErrGone):
			return nil
		case err != nil:
			return err
		}
	}
}

// entombRotated is entomb for a session that was rotated: it ends where it is
// now.
func (c *caller) entombRotated(ctx context.Context, t trail, spare *lane) error {
	switch err := t.end(ctx, c); {
	case errors.Is(err, ErrCorrupt):
		k, _ := t.meta.link()
		return c.remove(ctx, k.next)
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	err := c.entomb(ctx, t.rec, spare)
	if err == nil {
		c.m.hub.lost(t.rec.ID, ErrDestroyed)
	}
	return err
}
