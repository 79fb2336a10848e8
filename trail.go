package coatcheck

import (
	"context"
	"errors"
	"time"
)

// A trail follows aliases from one record to the next.
type trail struct {
	token Token // of rec; "" if nobody knows it
	rec   *Record
	meta  meta
	hops  int
}

// maxHops bounds a trail: more than a session of half a day has rotations, and
// only damage makes a circle.
const maxHops = 1000

// step goes on to the record that an alias leads to.
func (t *trail) step(ctx context.Context, c *caller) error {
	k, ok := t.meta.link()
	if t.hops++; !ok || t.hops > maxHops {
		return &rejection{reasonCorrupt, ErrCorrupt}
	}
	if t.token != "" {
		if t.token = t.token.successor(k.nonce); c.m.ID(t.token) != k.next {
			return &rejection{reasonMixup, ErrCorrupt}
		}
	}
	rec, md, err := c.load(ctx, k.next)
	if err != nil {
		return err
	}
	c.m.hub.moved(t.rec.ID, rec)
	t.rec, t.meta = rec, md
	return nil
}

// end goes to the end of the trail: a session, or what is left of one.
func (t *trail) end(ctx context.Context, c *caller) error {
	for t.meta.state == stateAlias {
		if err := t.step(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// loadEnd is load for a session that may have been rotated since somebody was
// told its ID: it follows the trail from there.
func (c *caller) loadEnd(ctx context.Context, id ID) (*Record, meta, error) {
	rec, md, err := c.load(ctx, id)
	if err != nil {
		return nil, meta{}, err
	}
	t := trail{rec: rec, meta: md}
	if err := t.end(ctx, c); err != nil {
		return nil, meta{}, err
	}
	return t.rec, t.meta, nil
}

// enter is end for a client that shows the token at the beginning. The token
// must still have its grace: a later use is a [reuse].
func (t *trail) enter(ctx context.Context, c *caller) error {
	first := t.rec
	for t.meta.state == stateAlias {
		old := t.rec
		if err := t.step(ctx, c); err != nil {
			return err
		}
		if now, ok := t.meta.turn(); ok && now.over(c.now) {
			return &reuse{old: first.ID, next: t.rec, at: now.at}
		}
		t.prolong(ctx, c, old)
	}
	return nil
}

// prolong keeps an alias alive whose session is in use through it, as long as
// that.
func (t *trail) prolong(ctx context.Context, c *caller, old *Record) {
	expires := after(c.now, t.meta.idle)
	if t.meta.state != stateLive || !t.meta.unseen() || !touchDue(t.rec, &t.meta, c.now) || !old.Expires.Before(earlier(expires, old.Deadline)) {
		return
	}
	if least := c.now.Add(aliasLife); expires.Before(least) {
		expires = least
	}
	c.m.counts.touches.Add(1)
	// If it fails, the next request tries again.
	_ = c.m.store.Touch(c.begin(ctx), old.ID, whole(earlier(expires, old.Deadline)))
	c.end()
}

// A reuse is the error of a token that was shown when its successor had been
// in use for longer than its grace: somebody has a copy.
type reuse struct {
	old  ID        // of the token
	next *Record   // where its alias led
	at   time.Time // when the successor was first shown
}

func (r *reuse) Error() string { return ErrNotFound.Error() + ": the token was rotated" }
func (r *reuse) Unwrap() error { return ErrNotFound }

// fresh reports whether the reuse is so young that a request of the session's
// own may be late: then its response must not replace the cookie.
func (r *reuse) fresh(now time.Time) bool { return now.Before(r.at.Add(restLife)) }

// event tells of the reuse.
func (r *reuse) event() Event {
	return Event{Kind: EventReused, ID: r.next.ID, Old: r.old, Owner: r.next.Owner}
}

// endReused does what Options.EndReused promises, for a token's event. It runs
// when no lock is held. If the store fails, the alias stays, and the next use
// of the token tries again.
func (m *Manager) endReused(ctx context.Context, e Event) {
	if !m.opts.EndReused {
		return
	}
	c := m.scratchCaller()
	rec, md, err := c.load(ctx, e.ID)
	t := trail{rec: rec, meta: md}
	if err == nil {
		err = t.end(ctx, &c)
	}
	if err == nil && t.meta.state == stateLive {
		if err = c.entomb(ctx, t.rec, new(lane)); err == nil {
			m.hub.lost(t.rec.ID, ErrDestroyed)
			m.emit(ctx, Event{Kind: EventDestroyed, ID: t.rec.ID, Owner: t.rec.Owner})
		}
	}
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) {
		_ = c.remove(ctx, e.Old) // the token is like any unknown one now
	}
}

// pursue follows the alias that cur may be, from lane to lane, so that a save or
// a renewal goes on where its session is. Nobody waits for it meanwhile.
func (s *Session) pursue(ctx context.Context, w *work, l **lane, cur *Record) (*Record, error) {
	for state(cur.Meta[1]) == stateAlias {
		s.m.lanes.leave(*l)
		*l = nil
		t := trail{token: s.token, rec: cur, meta: readMeta(cur.Meta)}
		if w.moved {
			t.token = w.token
		}
		c := s.caller()
		if err := t.end(ctx, &c); err != nil {
			return nil, s.m.lost(ctx, cur.ID, err)
		}
		w.moved, w.token = true, t.token
		var err error
		if *l, err = s.m.lanes.enter(ctx, &t.rec.ID, w.spare, s.m.opts.StoreTimeout); err != nil {
			return nil, err
		}
		if cur = t.rec; (*l).ahead(cur) != nil {
			cur = (*l).last
		}
	}
	return cur, nil
}

// stray reports whether rec is a successor that was made and never given out:
// the process died before the old record became an alias, or is about to. Its
// token is nowhere, so it is no session that anybody has.
func (c *caller) stray(ctx context.Context, rec *Record, md *meta) (bool, error) {
	t, ok := md.turn()
	if !ok || t.seen || t.old.IsZero() {
		return false, nil
	}
	_, old, err := c.load(ctx, t.old)
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return true, nil
	case err != nil:
		return false, err
	}
	k, ok := old.link()
	return old.state != stateAlias || !ok || k.next != rec.ID, nil
}
