package coatcheck

import (
	"context"
	"net/http"
)

// birth stores a session for the first time, under a token of its own, if it
// has a key.
func (s *Session) birth(ctx context.Context, w *work) error {
	sp := splice{base: &s.base, c: &w.changes, at: w.changes.places(&s.base, nil)}
	if sp.keys() == 0 {
		// Only the wish for a persistent cookie outlives an empty save.
		s.mu.Lock()
		defer s.mu.Unlock()
		d := s.sit()
		d.saving = changes{}
		if d.pending.persist == persistKept {
			d.pending.persist = w.changes.persist
		}
		return nil
	}
	if s.headersSent() {
		return ErrHeadersSent
	}
	if s.m.sealing != nil && !w.promotes {
		if err := s.birthSealed(ctx, w); !s.m.outgrown(err) {
			return err
		}
	}
	if err := s.admit(ctx); err != nil {
		return err
	}
	c := s.caller()
	var token Token
	var rec *Record
	var md meta
	err := c.create(ctx, func() (_ *Record, err error) {
		token, rec = s.newborn("")
		md, err = s.compose(rec, s.m.opts.Now(), &s.base, &w.changes, s.labels(meta{}), 0)
		return rec, err
	})
	if err != nil {
		return err
	}
	if !s.settle(token, rec, md) {
		// Another goroutine began the response meanwhile.
		_ = c.remove(ctx, rec.ID)
		return ErrHeadersSent
	}
	s.bear()
	s.m.emit(ctx, Event{Kind: EventCreated, ID: rec.ID})
	return nil
}

// newborn returns a fresh token and a record under it, without data.
func (s *Session) newborn(owner string) (Token, *Record) {
	token := newToken()
	now := whole(s.m.opts.Now())
	rec := &Record{ID: s.m.ID(token), Owner: owner, Created: now, Version: newVersion(0)}
	if owner != "" {
		rec.AuthTime = now
	}
	_, absolute := s.m.opts.timeouts(owner)
	rec.Deadline = whole(after(now, absolute))
	return token, rec
}

// settle makes a new record the session's own, with its cookie. It does
// nothing if it is too late for a cookie.
func (s *Session) settle(token Token, rec *Record, md meta) bool {
	if !s.addHeaders(func(h http.Header) { s.putCookie(h, token, rec, md) }) {
		return false
	}
	s.mu.Lock()
	s.token, s.due = token, 0
	s.mu.Unlock()
	s.saved(rec, nil)
	s.follow()
	return true
}

// putCookie puts a session's cookie into the response's headers, or what its
// carrier has in the place of one.
func (s *Session) putCookie(h http.Header, token Token, rec *Record, md meta) {
	if w := s.way(); w != nil {
		w.put(h, token)
		return
	}
	if s.m.sealing != nil {
		s.putSealed(h, token, s.sealedAttributes(rec, &md))
		return
	}
	s.m.cookie.put(h, token, md.persistent, rec.Deadline.Sub(s.m.opts.Now()))
}

// addHeaders runs fn on the response's headers, which it gives a cookie. It
// returns false if they have left. Outside HTTP there are none to add to.
func (s *Session) addHeaders(fn func(http.Header)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.v == nil {
		return true
	}
	if s.v.tooLate() {
		return false
	}
	fn(s.v.w.Header())
	s.cookieSet = true
	return true
}

// restore puts the cookie back among the response's headers if it is lost:
// http.TimeoutHandler copies those of the handler inside over all others, and
// httputil.ReverseProxy clears them after an informational response. Without it
// a login would be lost. Who takes all cookies out of a response for caches to
// share has his way. The caller holds mu.
func (s *Session) restore() {
	if !s.cookieSet {
		return
	}
	h := s.v.w.Header()
	if s.tells(h) || len(h["Set-Cookie"]) == 0 && shareable(h) {
		return
	}
	switch s.phase {
	case phaseLive, phaseSealed:
		s.putCookie(h, s.token, s.rec, s.meta())
	case phaseNew:
		s.clearCookie(h) // it was destroyed
	}
}

// tells reports whether the session's token, or the news that there is none,
// is among the response's headers, if it belongs there.
func (s *Session) tells(h http.Header) bool {
	switch w := s.way().(type) {
	case nil:
		return s.m.cookie.among(h["Set-Cookie"])
	case headerWay:
		return len(h[w.answer]) > 0
	}
	return true
}

// headersSent reports whether it is too late for a cookie.
func (s *Session) headersSent() bool { return s.v != nil && s.v.tooLate() }

// device returns the label of the request's device.
func (s *Session) device() string {
	if s.v == nil || s.m.opts.DeviceLabel == nil {
		return ""
	}
	return clip(s.m.opts.DeviceLabel(&s.v.request), maxDevice)
}
