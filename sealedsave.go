package coatcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// errElsewhere is what a manager of sealed sessions says when it is asked for
// one by its ID.
var errElsewhere = fmt.Errorf("%w: these sessions are sealed, and live with their clients only", ErrUnsupported)

// birthSealed is birth for a session that will be sealed.
func (s *Session) birthSealed(ctx context.Context, w *work) error {
	c := s.caller()
	_, rec := s.newborn("")
	md, err := s.compose(rec, s.m.opts.Now(), &s.base, &w.changes, s.labels(meta{}), 0)
	if err != nil {
		return err
	}
	token, err := s.encloseAnew(ctx, &c, rec, &md)
	if err != nil {
		return err
	}
	if !s.settle(token, rec, md) {
		return ErrHeadersSent
	}
	s.m.emit(ctx, Event{Kind: EventCreated, ID: rec.ID})
	return nil
}

// replaceSealed is replace for a sealed session: its changes are made to what
// this request has loaded, since there is nothing else.
func (s *Session) replaceSealed(ctx context.Context, w *work) error {
	rec, md := s.rec, s.meta()
	if w.changes.persist.sameAs(md.persistent) {
		w.changes.persist = persistKept
	}
	if w.changes.empty() {
		s.saved(rec, nil)
		return nil
	}
	c := s.caller()
	if err := c.still(ctx, rec); err != nil {
		return err
	}
	next := &Record{ID: rec.ID, Owner: rec.Owner, Created: rec.Created, AuthTime: rec.AuthTime, Deadline: rec.Deadline}
	next.Version = newVersion(rec.Version)&^lowerHalf | rec.Version&lowerHalf // the epoch stays
	md, err := s.compose(next, c.clock(), &s.base, &w.changes, md, len(rec.Data))
	if err != nil {
		return err
	}
	if w.changes.persist == persistKept && bytes.Equal(next.Data, rec.Data) {
		s.saved(rec, nil)
		return nil
	}
	if s.headersSent() {
		return ErrHeadersSent
	}
	token, err := s.encloseAnew(ctx, &c, next, &md)
	if s.m.outgrown(err) {
		r := renewal{promotes: true, work: *w}
		return r.run(ctx, s)
	}
	if err != nil {
		return err
	}
	if !s.settle(token, next, md) {
		return ErrHeadersSent
	}
	return nil
}

// touchSealed is touch for a sealed session. It also gives one whose key is
// not the first any more a token of today.
func (s *Session) touchSealed(ctx context.Context, now time.Time) error {
	s.mu.Lock()
	was, rec, md, token := s.phase, s.rec, s.meta(), s.token
	s.mu.Unlock()
	if was != phaseSealed {
		return nil
	}
	stale := s.m.sealing.Stale(token)
	switch {
	case !stale && !touchDue(rec, &md, now):
		return nil
	case s.headersSent():
		return ErrHeadersSent
	case !stale && !s.m.touched.claim(rec.ID, now, touchEvery(md.idle)):
		return nil
	}
	c := s.caller()
	err := s.sealTouched(ctx, &c, rec, &md, now)
	switch {
	case errors.Is(err, ErrGone):
		s.gone(ctx)
	case err != nil:
		s.m.touched.release(rec.ID)
	default:
		s.follow()
	}
	return err
}

// sealTouched seals rec with a later idle deadline.
func (s *Session) sealTouched(ctx context.Context, c *caller, rec *Record, md *meta, now time.Time) error {
	if err := c.still(ctx, rec); err != nil {
		return err
	}
	s.m.counts.touches.Add(1)
	next := rec.Touched(whole(after(now, md.idle)))
	token, err := s.enclose(ctx, c, next, md)
	if err != nil {
		return err
	}
	if !s.addHeaders(func(h http.Header) {
		s.putCookie(h, token, next, *md)
		s.rec, s.token = next, token // addHeaders holds mu
	}) {
		return ErrHeadersSent
	}
	if s.v == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rec, s.token = next, token
	}
	return nil
}

// takeBack takes the token that an earlier save of this request has put into the
// response's headers out of them again: the session has ended, and another request
// may have brought the client the next one's token, by a login, which this one
// would take away. The caller holds mu.
func (s *Session) takeBack() {
	if !s.cookieSet || s.v.tooLate() {
		return
	}
	s.cookieSet = false
	h := s.v.w.Header()
	if w, ok := s.way().(headerWay); ok {
		delete(h, w.answer)
		return
	}
	if h["Set-Cookie"] = s.m.cookie.others(h); len(h["Set-Cookie"]) == 0 {
		delete(h, "Set-Cookie")
	}
}

// runSealed makes the steps of a renewal of a sealed session: the next one is
// sealed while nothing has happened, and the old one's revocation decides. If
// the next token then does not reach its client, the client has none.
func (r *renewal) runSealed(ctx context.Context, s *Session) error {
	c := s.caller()
	old := s.rec
	now, err := r.epochs(ctx, s, &c)
	if err != nil {
		return err
	}
	if _, err := r.begin(s); err != nil {
		return err
	}
	now.mark(r.next)
	if r.token, err = s.encloseAnew(ctx, &c, r.next, &r.meta); err != nil {
		return err
	}
	if s.headersSent() {
		return ErrHeadersSent
	}
	if old != nil {
		was, err := c.revoke(ctx, old, stateStub)
		if err != nil {
			return err
		}
		if was != stateLive {
			return ErrGone
		}
	}
	if !s.settle(r.token, r.next, r.meta) {
		// Another goroutine began the response in the last moment.
		if old == nil {
			return ErrHeadersSent
		}
		return fmt.Errorf("%w, and the session has ended: %w", ErrHeadersSent, ErrGone)
	}
	r.report(ctx, s, old)
	return nil
}

// epochs returns the epoch of the next session's owner, if that of the old
// session's allows it. A renewal goes by one reading of both, so that no
// DestroyOwner slips in between.
func (r *renewal) epochs(ctx context.Context, s *Session, c *caller) (epoch, error) {
	old := s.rec
	if old != nil && !old.Live(s.m.opts.Now()) {
		return epoch{}, ErrGone
	}
	next, err := c.loadEpoch(ctx, r.owner)
	if r.login && errors.Is(err, ErrCorrupt) {
		next, err = c.advance(ctx, r.owner, nil, true)
	}
	of := next
	if err == nil && old != nil && old.Owner != r.owner {
		of, err = c.loadEpoch(ctx, old.Owner)
	}
	if err != nil {
		return epoch{}, s.m.lost(ctx, s.ID(), err)
	}
	if old != nil && !of.allows(old) {
		return epoch{}, ErrGone
	}
	return next, nil
}
