package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// maxOwner is the greatest length of an owner in bytes.
const maxOwner = 255

// Login makes owner the session's owner. It is the only way to set one. The
// session gets a new token, and the old one is dead at once, so that a token
// which somebody planted or saw before the login is worth nothing. Values of an
// anonymous session, such as a cart, and pending changes are kept and saved
// too; of another owner's session neither is.
//
// An anonymous session that is sealed moves into the store (see
// Options.AnonymousSealer).
//
// The absolute timeout begins anew. Where Options.MaxSessionsPerOwner says so,
// the owner's oldest sessions end. owner is the stable name of an account, 1
// to 255 bytes; anything else is [ErrInvalid]. Other errors are those of
// [Session.Save]; ErrGone also when the session was ended, renewed or logged
// in by another request at the same time, or DestroyOwner came between. After
// an error the login has not happened.
func (s *Session) Login(ctx context.Context, owner string) error {
	if err := checkOwner(owner); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.succeed(ctx, &renewal{login: true, owner: owner})
}

// Renew gives the session a new token; the old one is dead at once. Call it
// when the user's privileges change. The owner, the values and the absolute
// timeout stay. Pending changes are saved too. A session that is not stored
// has nothing to renew: then Renew is like Save. Errors are those of
// [Session.Login].
func (s *Session) Renew(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.mu.Lock()
	unborn, owner := s.phase == phaseNew, ""
	if s.rec != nil {
		owner = s.rec.Owner
	}
	s.mu.Unlock()
	if unborn {
		return s.save(ctx)
	}
	return s.succeed(ctx, &renewal{owner: owner})
}

func checkOwner(owner string) error {
	if owner == "" || len(owner) > maxOwner {
		return fmt.Errorf("%w: an owner has 1 to %d bytes, not %d", ErrInvalid, maxOwner, len(owner))
	}
	return nil
}

// A renewal moves a session to a new token. On any store it takes two steps:
// the next record is created under a token that nobody holds yet; then the old
// one is replaced, at its version, by a stub. That second step decides: before
// it the old token works, after it the new one, at no time both.
type renewal struct {
	login    bool
	promotes bool // the session leaves its seal
	owner    string
	work     work
	token    Token
	next     *Record
	meta     meta
	mark     mark      // of the owner, before the beginning
	after    time.Time // the least AuthTime that the next one may have
	old      *Record   // that it has ended, nil if there was none
	census   census    // of the owner, for a cap
}

// succeed runs a renewal. The caller has entered.
func (s *Session) succeed(ctx context.Context, r *renewal) error {
	s.mu.Lock()
	s.index()
	err, was := s.sit().stuck, s.phase
	s.mu.Unlock()
	switch {
	case err != nil:
		return err
	case s.headersSent():
		return ErrHeadersSent
	case was == phaseGone:
		s.gone(ctx)
		return ErrGone
	}
	s.mu.Lock()
	err = r.work.take(s)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	saved := false
	defer func() {
		if !saved {
			s.unsave(&r.work) // after a panic of an update function, too
		}
	}()
	if err = r.work.prepare(s, s.rec, &s.base, r.work.stale); err == nil {
		err = r.run(ctx, s)
	}
	switch {
	case err == nil:
		saved = true
	case errors.Is(err, ErrGone):
		s.gone(ctx)
	case errors.Is(err, ErrUncertain):
		s.part(ctx)
	}
	return err
}

// run makes the steps.
func (r *renewal) run(ctx context.Context, s *Session) error {
	if r.staysSealed(s) {
		if err := r.runSealed(ctx, s); !s.m.outgrown(err) {
			return err
		}
	}
	if s.phase == phaseSealed && !r.login {
		if err := s.admit(ctx); err != nil {
			return err // for the store it is a new anonymous session
		}
	}
	c := s.caller()
	c.sealed = false // the next one is not
	var err error
	if r.mark, err = c.loadMark(ctx, r.owner); err != nil {
		return err
	}
	old := s.rec
	if err := c.create(ctx, func() (*Record, error) { return r.begin(s) }); err != nil {
		return err
	}
	crowded, err := r.place(ctx, s, &c, old)
	if err == nil {
		err = r.finish(ctx, s, &c, old)
	}
	if err == nil && !s.settle(r.token, r.next, r.meta) {
		// Another goroutine began the response in the last moment. If there is
		// an old token it is dead already: better no session than a hidden one.
		err = ErrHeadersSent
		if old != nil {
			err = fmt.Errorf("%w, and the session has ended: %w", ErrHeadersSent, ErrGone)
		}
	}
	if err != nil {
		// Nobody holds the next token: without it the record is only litter,
		// which a failing store may keep until it expires.
		_ = c.remove(context.WithoutCancel(ctx), r.next.ID)
		return err
	}
	r.report(ctx, s, r.old)
	if crowded {
		r.trim(ctx, s, &c)
	}
	return nil
}

// report emits the event of a renewal that has happened.
func (r *renewal) report(ctx context.Context, s *Session, old *Record) {
	event := Event{Kind: EventRenewed, ID: r.next.ID, Owner: r.owner}
	if r.login {
		event.Kind = EventLogin
	}
	if old != nil {
		event.Old = old.ID
		s.m.hub.lost(old.ID, ErrRenewed)
	}
	s.m.emit(ctx, event)
}

// begin makes the next record, under a new token.
func (r *renewal) begin(s *Session) (_ *Record, err error) {
	r.token, r.next = s.newborn(r.owner)
	if r.after.After(r.next.AuthTime) {
		r.next.AuthTime = r.after
	}
	was := s.meta()
	md := s.labels(was)
	if r.promotes && !r.login {
		md.device, md.parts = was.device, was.parts // it stays the same session
	}
	base, had := &s.base, 0
	if s.rec != nil {
		if r.empties(s.rec) {
			base, r.work.changes = new(fields), changes{persist: r.work.changes.persist}
		} else {
			md.persistent = s.meta().persistent
			r.next.Created, had = s.rec.Created, len(s.rec.Data)
		}
		r.turned(s.m, &md)
		if !r.login {
			r.next.AuthTime, r.next.Deadline = s.rec.AuthTime, s.rec.Deadline
		}
	}
	r.remember(s, &md)
	r.meta, err = s.compose(r.next, s.m.opts.Now(), base, &r.work.changes, md, had)
	return r.next, err
}

// turned notes when the next record's token was made, if Created and AuthTime do
// not tell. The one before has no grace.
func (r *renewal) turned(m *Manager, md *meta) {
	switch {
	case !r.login && m.opts.RotateEvery > 0:
		turn{at: m.opts.Now(), seen: true}.put(md)
	case len(md.parts) > 0:
		md.parts = md.parts.with(partTurn, nil)
	}
}

// empties reports whether the login is by another than the session's owner.
func (r *renewal) empties(old *Record) bool { return old.Owner != "" && old.Owner != r.owner }

// finish checks that nobody destroyed the owner's sessions meanwhile, and puts
// the stub in the place of the old record.
func (r *renewal) finish(ctx context.Context, s *Session, c *caller, old *Record) error {
	now, err := c.loadMark(ctx, r.owner)
	if err != nil {
		return err
	}
	if now.forbids(r) {
		return ErrGone
	}
	r.old = old
	switch {
	case old == nil:
		return nil
	case s.phase == phaseSealed:
		return r.breakSeal(ctx, s, old)
	}
	l, err := s.m.lanes.enter(ctx, &old.ID, r.work.spare, s.m.opts.StoreTimeout)
	if err != nil {
		return err
	}
	defer func() { s.m.lanes.leave(l) }()
	if cur := l.ahead(old); cur != nil {
		if old, err = r.merge(ctx, s, c, &l, cur); err != nil {
			return err
		}
	}
	for try := 0; ; try++ {
		if s.headersSent() {
			return ErrHeadersSent
		}
		stub := c.rest(old, stateStub)
		cur, err := c.swap(ctx, stub, old.Version)
		if err == nil {
			l.last, r.old = stub, old
			return nil
		}
		if cur, err = c.again(ctx, old.ID, cur, err, try); err != nil {
			return err
		}
		if old, err = r.merge(ctx, s, c, &l, cur); err != nil {
			return err
		}
	}
}

// merge brings the next record up to date with an old one that somebody saved
// meanwhile, or that has moved by a rotation.
func (r *renewal) merge(ctx context.Context, s *Session, c *caller, l **lane, old *Record) (_ *Record, err error) {
	if old, err = s.pursue(ctx, &r.work, l, old); err != nil {
		return nil, err
	}
	rec, md, base, err := r.rebase(ctx, s, c, old)
	if err != nil {
		return nil, err
	}
	if r.empties(rec) {
		return rec, nil
	}
	md.device, md.parts = r.meta.device, r.meta.parts
	r.turned(s.m, &md)
	next := *r.next
	next.Version = newVersion(r.next.Version)
	composed, err := s.compose(&next, s.m.opts.Now(), base, &r.work.changes, md, len(rec.Data))
	if err != nil {
		return nil, err
	}
	if _, err := c.swap(ctx, &next, r.next.Version); err != nil {
		return nil, s.m.lost(ctx, next.ID, err)
	}
	r.next, r.meta = &next, composed
	return rec, nil
}

// rebase is the session's. If an update function panics, it takes the next
// record away, which would be in its owner's list, and nobody's.
func (r *renewal) rebase(ctx context.Context, s *Session, c *caller, old *Record) (_ *Record, _ meta, _ *fields, err error) {
	panics := true
	defer func() {
		if panics {
			_ = c.remove(context.WithoutCancel(ctx), r.next.ID)
		}
	}()
	rec, md, base, err := s.rebase(ctx, &r.work, old)
	panics = false
	return rec, md, base, err
}

// clip cuts s to at most n bytes without splitting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
