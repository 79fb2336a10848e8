package coatcheck

import (
	"context"
	"errors"
)

// Promote moves an anonymous session that is sealed into the store (see
// Options.AnonymousSealer), for instance before the program keeps something in
// it that must not be undone by an older cookie. Like Renew it gives the
// session a new token, and the old one is dead at once where the sealer can
// revoke. Values, birth, deadline and device label stay; pending changes are
// saved too. The event is [EventRenewed], as it is when a session moves because
// it has grown.
//
// A session that was not stored yet is born in the store if it has a key. One
// that is stored already is only saved, by any manager with a store of its own;
// one whose store is a [Sealer] says [ErrUnsupported]. Other errors are those of
// [Session.Login].
func (s *Session) Promote(ctx context.Context) error {
	if s.m.sealsAll() {
		return errElsewhere
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.mu.Lock()
	was := s.phase
	s.mu.Unlock()
	if was == phaseSealed || was == phaseGone {
		return s.succeed(ctx, &renewal{promotes: true})
	}
	return s.saveBy(ctx, &work{promotes: true})
}

// A promotion is a renewal whose next record is in the store, while the old one
// is sealed. As with any other, the next one is created first, under a token
// that nobody holds. What decides is the stub that breakSeal puts into the
// sealer's store: before it the old token works, after it the new one. From then
// on a slow request that would seal the old session again finds the stub, and
// sets no cookie over the new one.

// staysSealed reports whether the next session will be sealed.
func (r *renewal) staysSealed(s *Session) bool {
	return s.m.sealsAll() || s.phase == phaseSealed && !r.login && !r.promotes
}

// outgrown reports whether err says that a session cannot be sealed, but can
// be stored instead.
func (m *Manager) outgrown(err error) bool {
	return err != nil && m.sealing.beside && m.opts.PromoteBytes != NoPromotion && errors.Is(err, ErrTooLarge)
}

// breakSeal ends the sealed session that a promotion leaves behind. Where
// nothing can be revoked, its token opens what it held until it expires.
func (r *renewal) breakSeal(ctx context.Context, s *Session, old *Record) error {
	switch {
	case s.headersSent():
		return ErrHeadersSent
	case !old.Live(s.m.opts.Now()):
		return ErrGone
	}
	c := s.caller()
	was, err := c.revoke(ctx, old, stateStub)
	if err == nil && was != stateLive {
		err = ErrGone
	}
	return err
}
