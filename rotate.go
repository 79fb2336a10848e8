package coatcheck

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
)

// A rotation moves a session to the successor of its token, as a renewal does,
// with two differences. What it leaves behind is an alias, which leads whoever
// holds the old token to the new one, so that nothing depends on the response
// that brings it. And nobody has asked for it: whatever goes wrong, the session
// stays as it is, and the next request may try again.
type rotation struct {
	s     *Session
	c     caller
	old   *Record // that it stands on
	meta  meta    // old's
	link  link
	token Token   // the next
	next  *Record // under it
	mark  mark    // of the owner, before the beginning
	doubt bool    // the decisive step may have happened, or may yet
}

// errUnturned ends a rotation that is not to be.
var errUnturned = errors.New("coatcheck: no rotation now")

// rotate gives the session its next token, if it is time and the response can
// bring it.
func (s *Session) rotate(ctx context.Context) {
	s.mu.Lock()
	rec, md, token, was := s.rec, s.meta(), s.token, s.phase
	s.mu.Unlock()
	now := s.m.opts.Now()
	if was != phaseLive || s.v == nil || s.way() != nil || token == "" || s.headersSent() || shareable(s.v.w.Header()) ||
		!s.m.turnDue(rec, &md, now) || !s.m.turns.claim(rec.ID, now, turnRest) {
		return
	}
	r := rotation{s: s, c: s.caller(), old: rec, meta: md}
	_, _ = rand.Read(r.link.nonce[:])
	r.token = token.successor(r.link.nonce)
	r.link.next = s.m.ID(r.token)
	if r.run(ctx) != nil {
		return
	}
	s.mu.Lock()
	s.token = r.token
	s.mu.Unlock()
	s.saved(r.next, nil)
	s.handOut(r.token, r.next)
	s.m.hub.moved(rec.ID, r.next)
	s.m.emit(ctx, Event{Kind: EventRotated, ID: r.next.ID, Old: rec.ID, Owner: rec.Owner})
}

// run makes the steps. They order themselves with DestroyOwner by its marks, as
// a renewal that is no login.
func (r *rotation) run(ctx context.Context) (err error) {
	if r.mark, err = r.c.loadMark(ctx, r.old.Owner); err != nil || r.mark.running() {
		return errors.Join(errUnturned, err)
	}
	r.next = r.successor(newVersion(0))
	if _, err = r.c.add(ctx, r.next); err == nil {
		err = r.uncrowded(ctx)
	}
	if err == nil {
		err = r.commit(ctx)
	}
	if err != nil && !r.doubt {
		// Nobody has its token: it is only litter, which lists leave out, if
		// the store cannot delete it now.
		_ = r.c.remove(ctx, r.next.ID)
	}
	return err
}

// uncrowded refuses the rotation while the owner has more sessions than
// Options.MaxSessionsPerOwner allows: a login is about to end the oldest, and in
// its look at the index it could miss both the old record and the next, and
// count one too few.
func (r *rotation) uncrowded(ctx context.Context) error {
	limit := r.c.m.opts.MaxSessionsPerOwner
	if limit == 0 || r.old.Owner == "" {
		return nil
	}
	n := census{owner: r.old.Owner, traces: map[ID]bool{r.old.ID: true, r.next.ID: true}}
	all, _, err := n.take(ctx, &r.c)
	if err != nil {
		return err
	}
	if len(all) >= limit {
		return errUnturned
	}
	return nil
}

// successor returns the next record for what the rotation stands on.
func (r *rotation) successor(version uint64) *Record {
	now := r.c.m.opts.Now()
	next := r.old.Touched(whole(after(now, r.meta.idle)))
	if next == r.old {
		copied := *r.old
		next = &copied
	}
	next.ID, next.Version = r.link.next, version
	md := r.meta
	turn{at: now, old: r.old.ID}.put(&md)
	next.Meta = md.append(make([]byte, 0, md.size()), next.ID)
	seal(next)
	return next
}

// commit puts the alias in the place of the old record.
func (r *rotation) commit(ctx context.Context) error {
	now, err := r.c.loadMark(ctx, r.old.Owner)
	if err != nil || now.forbids(&renewal{mark: r.mark}) {
		return errors.Join(errUnturned, err)
	}
	lanes := r.s.m.lanes
	l, err := lanes.enter(ctx, &r.old.ID, r.s.spareLane(), r.s.m.opts.StoreTimeout)
	if err != nil {
		return err
	}
	defer lanes.leave(l)
	cur := l.ahead(r.old)
	for try := 0; ; try++ {
		if cur != nil {
			if err := r.catchUp(ctx, cur); err != nil {
				return err
			}
		}
		if r.s.headersSent() {
			return errUnturned
		}
		alias := r.c.alias(r.old, r.meta, r.link)
		cur, err = r.c.swap(ctx, alias, r.old.Version)
		if err == nil {
			l.last = alias
			return nil
		}
		r.doubt = errors.Is(err, ErrUncertain)
		if try == maxTurnTries {
			return err
		}
		if cur, err = r.c.again(ctx, r.old.ID, cur, err, try); err != nil {
			return err
		}
	}
}

// maxTurnTries is how often a rotation gives way to saves of other processes.
const maxTurnTries = 5

// catchUp brings the next record up to date with an old one that somebody saved
// meanwhile. If that is no session any more, or another rotation was first,
// this one is over.
func (r *rotation) catchUp(ctx context.Context, cur *Record) error {
	md, reason := openMeta(cur, cur.ID)
	if reason != "" || md.state != stateLive || !cur.Live(r.c.m.opts.Now()) {
		return errUnturned
	}
	r.old, r.meta = cur, md
	next := r.successor(newVersion(r.next.Version))
	if _, err := r.c.swap(ctx, next, r.next.Version); err != nil {
		return err
	}
	r.next = next
	return nil
}

// handOut gives the browser the token that a rotation led to. If that does not
// reach it, the old token leads there again.
func (s *Session) handOut(token Token, rec *Record) {
	if token == "" || s.v == nil || shareable(s.v.w.Header()) {
		return
	}
	s.addHeaders(func(h http.Header) { s.putCookie(h, token, rec, readMeta(rec.Meta)) })
}

// repeat hands out the token of a session that has one which the client may not
// know. The caller holds mu.
func (s *Session) repeat(h http.Header) {
	if s.phase != phaseLive || shareable(h) {
		return
	}
	s.putCookie(h, s.token, s.rec, s.meta())
	s.cookieSet = true
}

// shareable reports whether the handler lets caches give the response to
// others: then no cookie may be among its headers that nobody asked for.
func shareable(h http.Header) bool {
	for name, lines := range h {
		if targeted(name) && isPublic(lines) {
			return true // whatever it tells other caches
		}
	}
	switch h.Get("X-Accel-Expires") { // seconds, or a moment
	case "", "0", "off":
		return isPublic(h["Cache-Control"])
	}
	return true
}

// isPublic reports whether the lines of a Cache-Control header let caches share
// the response.
func isPublic(lines []string) bool {
	public := false
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(trimSpace(part), "=")
			switch strings.ToLower(name) {
			case "private", "no-store", "no-cache":
				return false
			case "public", "s-maxage":
				public = true
			case "max-age":
				public = public || value != "0"
			}
		}
	}
	return public
}
