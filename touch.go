package coatcheck

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Touch moves the idle deadline as any use of the session does: later only,
// not beyond the absolute timeout, and only when a part of the idle timeout
// has passed since it was last moved. Long streams call it; ordinary requests
// need not. It changes no data. A session that is not stored has no deadline.
// Only when it moves the deadline does it find out that the session has ended:
// who must know at once listens to [Session.Done].
// Errors: [ErrGone], [ErrNested], [ErrClosed], what the store said, or, of a
// sealed session (see [Sealer]), [ErrHeadersSent].
func (s *Session) Touch(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.mu.Lock()
	was := s.phase
	s.mu.Unlock()
	if was == phaseGone {
		return ErrGone
	}
	return s.touchBy(ctx, true)
}

// touch moves the idle deadline if that is due and nobody else in this process
// does it.
func (s *Session) touch(ctx context.Context) error { return s.touchBy(ctx, false) }

// touchBy is touch for one who may want to hear that the session has ended: what
// a renewal or a destruction leaves in its place could be touched as well.
func (s *Session) touchBy(ctx context.Context, hears bool) error {
	s.mu.Lock()
	was, rec, md := s.phase, s.rec, s.meta()
	s.due &^= dueTouch
	s.mu.Unlock()
	now := s.m.opts.Now()
	if was == phaseSealed {
		return s.touchSealed(ctx, now)
	}
	full := md.idle
	if was == phaseLive {
		md.idle = s.spell(rec.Owner, full)
	}
	if was != phaseLive || !touchDue(rec, &md, now) || !s.m.touched.claim(rec.ID, now, touchEvery(md.idle)) {
		return nil
	}
	c := s.caller()
	var err error
	id := rec.ID
	if hears || s.m.turnable(rec, &md, now) {
		if err = s.catchUp(ctx, &c); err == nil {
			rec, md = s.rec, s.meta()
			full = md.idle
			md.idle = s.spell(rec.Owner, full)
		}
	}
	if err == nil {
		err = c.touch(ctx, rec.ID, rec, &md)
	}
	switch {
	case err == nil:
		s.mu.Lock()
		if s.rec == rec {
			s.rec = rec.Touched(whole(after(now, md.idle)))
		}
		s.mu.Unlock()
		if md.idle != full {
			s.m.touched.release(rec.ID) // for the request that brings the cookie back
		}
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrGone):
		s.gone(ctx)
		return ErrGone
	}
	s.m.touched.release(id)
	return err
}

// touchDue reports whether enough of the idle timeout has passed since the
// deadline was last moved, and whether it can still be moved.
func touchDue(rec *Record, md *meta, now time.Time) bool {
	return md.idle != NoTimeout && rec.Expires.Before(rec.Deadline) && now.Sub(rec.Expires)+md.idle >= touchEvery(md.idle)
}

// touchEvery is how much of an idle timeout must pass before a use is written
// down: a twentieth, between a second and a minute, but never more than half.
func touchEvery(idle time.Duration) time.Duration {
	return min(max(idle/20, time.Second), time.Minute, idle/2)
}

// touches remember who was touched lately, so that of many requests that find
// a session due one touches it. Two generations bound their memory: the elder
// is forgotten when the younger is full or old.
type touches struct {
	mu           sync.Mutex
	young, old   map[ID]time.Time
	youngSince   time.Time
	everyLongest time.Duration
}

// maxTouches is how many sessions one generation remembers.
const maxTouches = 1 << 16

// claim reports whether the caller is to touch id now: nobody did within
// every.
func (t *touches) claim(id ID, now time.Time, every time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range [...]map[ID]time.Time{t.young, t.old} {
		// A clock that was put back makes the difference negative.
		if at, ok := m[id]; ok && now.Sub(at).Abs() < every {
			return false
		}
	}
	t.everyLongest = max(t.everyLongest, every)
	if t.young == nil || len(t.young) >= maxTouches || now.Sub(t.youngSince).Abs() > t.everyLongest {
		t.old, t.young, t.youngSince = t.young, make(map[ID]time.Time), now
	}
	t.young[id] = now
	return true
}

// release takes a claim back, because the touch failed.
func (t *touches) release(id ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.young, id)
	delete(t.old, id)
}
