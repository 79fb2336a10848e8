package coatcheck

import (
	"context"
	"errors"
	"fmt"
)

// errNobody is why a session without an owner has no others.
var errNobody = fmt.Errorf("%w: nobody is logged in to this session, so there are no others of its owner", ErrInvalid)

// errItself is why a session is not among its others.
var errItself = fmt.Errorf("%w: this is the session itself; call Destroy", ErrInvalid)

// DestroyOthers ends all sessions of this session's owner but this one, and
// returns how many of them it has ended: "log out everywhere else". It is
// [Manager.DestroyOwner] for one's own sessions, with the same promise and the
// same errors, and n counts those that are certain to be over, after an error,
// too. Of sealed sessions nobody knows how many there were: n is 0.
//
// [ErrGone] means that this session has ended itself, or was renewed by
// another request, and then no other was touched: who was logged out ends
// nobody's session. A session that nobody is logged in to has no others, which is
// [ErrInvalid]. A renewal of this session that is under way at the same time
// may end with the others.
func (s *Session) DestroyOthers(ctx context.Context) (n int, err error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	rec, err := s.own()
	if err != nil {
		return 0, err
	}
	return s.m.destroyOwner(ctx, rec.Owner, []ID{rec.ID}, func() error {
		_, err := s.confirm(ctx, rec)
		return err
	})
}

// DestroyOther ends one other session of this session's owner: one line in the
// list of [Manager.Sessions]. Nil means that it is over. [ErrNotFound] means
// that the owner has no such session now: it has ended, or it was renewed and
// has another ID, so list them again; or it is another owner's, which looks the
// same. [ErrGone] means that this session has ended itself. This session's own
// ID is [ErrInvalid], for which there is [Session.Destroy], and so is a session
// that nobody is logged in to. [ErrUnsupported] means that sessions are sealed
// (see [Sealer]). Other errors are those of Destroy.
func (s *Session) DestroyOther(ctx context.Context, id ID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	rec, err := s.own()
	switch {
	case err != nil:
		return err
	case s.m.sealsAll():
		return errElsewhere
	case id == rec.ID:
		return errItself
	}
	if rec, err = s.confirm(ctx, rec); err != nil {
		return err
	}
	c := s.m.scratchCaller()
	other, md, err := c.loadEnd(ctx, id)
	switch {
	case errors.Is(err, ErrCorrupt):
		return ErrNotFound // nobody can tell whose it was
	case err != nil:
		return err
	case other.ID == rec.ID:
		return errItself
	case md.state != stateLive || other.Owner != rec.Owner:
		// What is left of a renewed one does not say whose it was.
		return ErrNotFound
	}
	err = c.entomb(ctx, other, new(lane))
	switch {
	case errors.Is(err, ErrGone):
		return ErrNotFound // renewed in this moment
	case err != nil:
		return err
	}
	s.m.hub.lost(other.ID, ErrDestroyed)
	s.m.emit(ctx, Event{Kind: EventDestroyed, ID: other.ID, Owner: rec.Owner})
	return nil
}

// own returns the session's record if somebody is logged in. The caller has
// entered.
func (s *Session) own() (*Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.phase == phaseGone:
		return nil, ErrGone
	case s.rec == nil || s.rec.Owner == "":
		return nil, errNobody
	}
	return s.rec, nil
}

// confirm makes sure that the session, as it was loaded, has not ended since.
// It returns its record, which may have another ID by now.
func (s *Session) confirm(ctx context.Context, rec *Record) (now *Record, err error) {
	c := s.m.scratchCaller()
	if s.m.sealsAll() {
		c.sealed = true
		now, err = rec, c.still(ctx, rec)
	} else {
		var md meta
		now, md, err = c.loadEnd(ctx, rec.ID)
		if err == nil && md.state != stateLive {
			err = ErrGone
		}
		err = s.m.lost(ctx, rec.ID, err)
	}
	if errors.Is(err, ErrGone) {
		s.gone(ctx)
	}
	return now, err
}
