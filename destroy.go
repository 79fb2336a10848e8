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
// keeps a cookie that opens nothing.
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
	if was == phaseLive {
		if err := s.destroy(ctx, rec); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.phase, s.rec, s.meta, s.token = phaseNew, nil, meta{}, ""
	s.pending, s.stuck, s.unsplit = changes{}, nil, false
	s.base.reset()
	s.edits++
	s.mu.Unlock()
	return nil
}

// destroy deletes rec and clears the cookie.
func (s *Session) destroy(ctx context.Context, rec *Record) error {
	c := s.caller()
	// A renewal leaves a stub. To delete that would be useless, and to clear
	// the cookie would undo a login that another request just made.
	_, md, err := c.load(ctx, rec.ID)
	switch {
	case err == nil && md.state != stateLive:
		s.gone(ctx)
		return ErrGone
	case err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt):
		return err
	}
	if err := c.remove(ctx, rec.ID); err != nil {
		return err
	}
	s.addHeaders(s.m.cookie.clear)
	s.m.emit(ctx, Event{Kind: EventDestroyed, ID: rec.ID, Owner: rec.Owner})
	return nil
}
