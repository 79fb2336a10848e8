package coatcheck

import (
	"context"
	"time"
)

// dues are what is to be done for a session that a request has opened, before
// the response leaves.
type dues uint8

const (
	dueTouch  dues = 1 << iota // its idle deadline is to be moved
	dueSight                   // it is to be noted that its token was shown
	dueCookie                  // the client may have an older token, and is to get this one
	dueTurn                    // it is to get another token
)

// dues returns what is due for a record that was loaded at now, by a token.
func (s *Session) dues(token Token, rec *Record, md *meta, now time.Time) (d dues) {
	if touchDue(rec, md, now) || s.phase == phaseSealed && s.m.sealing.Stale(token) {
		d |= dueTouch
	}
	if len(md.parts) > 0 && token != "" && md.unseen() {
		d |= dueSight
	}
	if s.m.opts.RotateEvery > 0 && s.m.turnDue(rec, md, now) {
		d |= dueTurn
	}
	return d
}

// attend does what is due, when all is saved. That it fails is no reason to
// fail the request. Without headers no token is changed.
func (s *Session) attend(ctx context.Context, headers bool) {
	s.mu.Lock()
	due := s.due
	s.due &^= dueTurn
	s.mu.Unlock()
	if due&dueCookie != 0 && headers {
		s.recheck(ctx)
	}
	if due&dueSight != 0 {
		_ = s.sight(ctx)
	}
	if due&dueTurn != 0 && headers {
		s.rotate(ctx)
	}
	s.mu.Lock()
	due = s.due
	keeps := s.phase != phaseSealed || !shareable(s.v.w.Header()) // a sealed session's touch is another cookie
	s.mu.Unlock()
	if due&dueTouch != 0 && keeps {
		_ = s.touch(ctx)
	}
}

// recheck makes sure, just before a response brings a token that nobody asked
// for, that this opens the session still. In the time that the handler took
// another request may have brought the browser a later one, by a login, which
// this one would take away again.
func (s *Session) recheck(ctx context.Context) {
	s.mu.Lock()
	live := s.phase == phaseLive
	s.mu.Unlock()
	c := s.caller()
	if live && !s.headersSent() && s.catchUp(ctx, &c) == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due &^= dueCookie
}

// owe notes that the client may have an older token than the session's.
func (s *Session) owe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.v != nil && !s.v.moments.had(sent) {
		s.due |= dueCookie
	}
}

// sight notes that the session's token was shown for the first time, if nobody
// else in this process does it: from now on the token before it has its grace.
// A save does so by the way.
func (s *Session) sight(ctx context.Context) error {
	w := new(work)
	s.mu.Lock()
	due, live := s.due&dueSight != 0, s.phase == phaseLive
	s.due &^= dueSight
	if !due || !live || !s.m.turns.claim(s.rec.ID, s.m.opts.Now(), turnRest) {
		s.mu.Unlock()
		return nil
	}
	id := s.rec.ID
	err := w.take(s)
	w.sight = true
	s.mu.Unlock()
	if err == nil {
		err = s.store(ctx, w)
	}
	if err != nil {
		s.m.turns.release(id)
	}
	return err
}

// catchUp finds out whether the session was rotated since the request, a long
// one, has loaded it. Then it goes on there.
func (s *Session) catchUp(ctx context.Context, c *caller) error {
	rec, md, err := c.load(ctx, s.rec.ID)
	if err != nil {
		return s.m.lost(ctx, s.rec.ID, err)
	}
	if md.state == stateLive {
		return nil
	}
	t := trail{token: s.token, rec: rec, meta: md}
	if err := t.end(ctx, c); err != nil {
		return s.m.lost(ctx, rec.ID, err)
	}
	if t.meta.state != stateLive {
		return ErrGone
	}
	s.mu.Lock()
	s.token = t.token
	s.mu.Unlock()
	s.saved(t.rec, nil)
	s.follow()
	return nil
}
