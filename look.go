package coatcheck

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// watchedPace is how often a session is looked at whose store is watched: not
// every Watcher notices when it has gone deaf.
const watchedPace = 30 * time.Second

// busyPace is how soon a session is looked at again that was renewed, maybe by
// the very operation that runs on the listener's side.
const busyPace = 10 * time.Millisecond

// hint makes the next look at a session be now.
func (h *hub) hint(id ID) {
	if h.present.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.subjects[id]; sub != nil {
		h.hasten(sub, 0)
	}
	if h.m.sealing == nil {
		return
	}
	for _, sub := range h.subjects {
		if sub.epoch == id {
			h.hasten(sub, 0)
		}
	}
}

// hintAll makes every session be looked at soon.
func (h *hub) hintAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	// All of many at once would be more than the store needs.
	within := min(h.m.opts.PollInterval, time.Duration(len(h.subjects))*time.Millisecond/4)
	for _, sub := range h.subjects {
		h.hasten(sub, rand.N(within))
	}
}

// hasten makes a look be no later than in a while. The caller holds mu.
func (h *hub) hasten(sub *subject, in time.Duration) {
	sub.again = sub.looking
	if !sub.looking {
		sub.timer.Reset(in)
	}
}

// look finds out whether a session has ended, and tells who listens.
func (h *hub) look(sub *subject) {
	rec := h.beginLook(sub)
	if rec == nil {
		return
	}
	defer h.running.Done()
	select {
	case h.slots <- struct{}{}:
	case <-h.ctx.Done():
		return
	}
	c := h.m.scratchCaller()
	c.sealed = sub.sealed
	f := c.find(h.ctx, rec)
	<-h.slots
	h.endLook(sub, f, f.why == nil || h.tell(sub, f.why))
}

// beginLook returns what is known of a session, nil if it must not be looked at
// now.
func (h *hub) beginLook(sub *subject) *Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped, h.subjects[sub.id] != sub:
		return nil
	case sub.looking:
		sub.again = true
		return nil
	}
	sub.looking = true
	h.running.Add(1)
	return sub.rec
}

// endLook notes what was found, and sets the time of the next look.
func (h *hub) endLook(sub *subject, f finding, settled bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sub.looking = false
	if h.stopped || h.subjects[sub.id] != sub {
		return
	}
	if f.rec != nil && f.rec.ID != sub.id { // it has moved
		h.carry(sub, f.rec)
		return
	}
	if f.rec != nil {
		sub.note(f.rec)
	}
	in := h.rest(sub)
	switch {
	case sub.again:
		in = 0
	case !settled:
		in = busyPace
	}
	sub.again = false
	sub.timer.Reset(in)
}

// rest returns when to look at a session next: at its expiry, or earlier, and
// not in step with all others.
func (h *hub) rest(sub *subject) time.Duration {
	pace := h.pace(sub)
	left := sub.rec.Expires.Sub(h.m.opts.Now())
	return max(time.Millisecond, min(left, pace-rand.N(pace/4+1)))
}

// pace returns the longest time between two looks at a session. What ends a session
// that is sealed beside a store is not in that, which may be all that is watched.
func (h *hub) pace(sub *subject) time.Duration {
	poll := h.m.opts.PollInterval
	if h.m.real && h.eyes.open(2*poll) && (!sub.sealed || h.m.sealsAll()) {
		return max(poll, watchedPace)
	}
	return poll
}

// tell ends the listening to a session. It leaves out, and returns false for,
// a listener whose own operation may be what renewed the session: that makes
// it follow in a moment.
func (h *hub) tell(sub *subject, why error) (all bool) {
	h.mu.Lock()
	listeners := slices.Collect(maps.Keys(sub.listeners))
	h.mu.Unlock()
	all = true
	for _, l := range listeners {
		l.s.mu.Lock()
		h.mu.Lock()
		switch {
		case l.of != sub: // it has moved on
		case l.s.busy && errors.Is(why, ErrRenewed):
			all = false
		default:
			h.end(l, why)
		}
		h.mu.Unlock()
		l.s.mu.Unlock()
	}
	return all
}
