package coatcheck

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A hub tells those who listen to sessions when these have ended. It has no
// goroutine of its own: a timer for each session that somebody listens to
// starts the next look at it, and one call of Watch runs while there are any.
//
// Locks are taken in this order: a Session's mu, then the hub's.
type hub struct {
	m       *Manager
	present atomic.Int64       // who listens; without any, nothing else here is touched
	ctx     context.Context    // of the looks
	cancel  context.CancelFunc // ends it
	slots   chan struct{}      // taken by a look while it asks the store
	running sync.WaitGroup     // looks, and Watch

	mu        sync.Mutex
	stopped   bool
	listeners map[*listener]struct{}
	subjects  map[ID]*subject
	eyes      *eyes // on the store; nil while nobody listens, or if it cannot be watched
}

// A listener is a Session whose Done was called.
type listener struct {
	s    *Session
	done chan struct{}
	why  error    // why done is closed; never changes then
	of   *subject // nil while nothing is stored, and when done is closed
}

// A subject is a session that somebody listens to.
type subject struct {
	id        ID
	rec       *Record // as it was when it was last seen
	sealed    bool    // it is in its token
	epoch     ID      // of a sealed session: where its owner's epoch stands
	listeners map[*listener]struct{}
	timer     *time.Timer // for the next look
	looking   bool        // a look is under way
	again     bool        // and the next must follow at once
}

// maxLooks is how many looks ask the store at the same time.
const maxLooks = 32

func newHub(m *Manager) *hub {
	h := &hub{
		m:         m,
		slots:     make(chan struct{}, maxLooks),
		listeners: make(map[*listener]struct{}),
		subjects:  make(map[ID]*subject),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// ended returns why the listener's channel is closed, nil while it is open.
func (l *listener) ended() error {
	select {
	case <-l.done:
		return l.why
	default:
		return nil
	}
}

// listen makes a listener of s, whose mu the caller holds.
func (h *hub) listen(s *Session) *listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := &listener{s: s, done: make(chan struct{})}
	h.listeners[l] = struct{}{}
	h.present.Add(1)
	switch {
	case h.stopped:
		h.end(l, ErrClosed)
	case s.phase == phaseGone:
		h.end(l, ErrGone)
	case s.rec != nil:
		h.attach(l, s.rec, s.phase == phaseSealed)
	}
	return l
}

// leave ends the listening of one whose session is closed.
func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end(l, ErrClosed)
}

// move makes a listener follow the session of rec.
func (h *hub) move(l *listener, rec *Record, sealed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case l.why != nil:
	case l.of != nil && l.of.id == rec.ID:
		l.of.note(rec)
	default:
		h.detach(l)
		h.attach(l, rec, sealed)
	}
}

// moved makes all who listen to the session of id follow it to rec, where a
// rotation has brought it.
func (h *hub) moved(id ID, rec *Record) {
	if h.present.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.subjects[id]; sub != nil && id != rec.ID {
		h.carry(sub, rec)
	}
}

// carry is moved for a subject. The caller holds mu.
func (h *hub) carry(sub *subject, rec *Record) {
	for _, l := range slices.Collect(maps.Keys(sub.listeners)) {
		h.detach(l)
		h.attach(l, rec, false)
	}
}

// end closes a listener's channel. The first reason stands. The caller holds
// mu, as for the next two.
func (h *hub) end(l *listener, why error) {
	if l.why != nil {
		return
	}
	l.why = why
	close(l.done)
	h.detach(l)
	delete(h.listeners, l)
	h.present.Add(-1)
}

// attach makes a listener follow the session of rec. The first one's session is
// looked at now: nobody knows how old rec is.
func (h *hub) attach(l *listener, rec *Record, sealed bool) {
	sub := h.subjects[rec.ID]
	if sub == nil {
		sub = &subject{id: rec.ID, rec: rec, sealed: sealed, listeners: make(map[*listener]struct{})}
		if sealed {
			sub.epoch = epochID(rec.Owner)
		}
		sub.timer = time.AfterFunc(0, func() { h.look(sub) })
		h.subjects[sub.id] = sub
		h.open()
	}
	sub.note(rec)
	sub.listeners[l] = struct{}{}
	l.of = sub
}

// detach is the contrary of attach.
func (h *hub) detach(l *listener) {
	sub := l.of
	if sub == nil {
		return
	}
	l.of = nil
	delete(sub.listeners, l)
	if len(sub.listeners) > 0 {
		return
	}
	sub.timer.Stop()
	delete(h.subjects, sub.id)
	if len(h.subjects) == 0 {
		h.shut()
	}
}

// note keeps a record that was seen, if it is not older than the known one.
func (sub *subject) note(rec *Record) {
	if !rec.Expires.Before(sub.rec.Expires) {
		sub.rec = rec
	}
}

// lost tells who listens that this process has ended a session.
func (h *hub) lost(id ID, why error) {
	if h.present.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.subjects[id]; sub != nil {
		for l := range sub.listeners {
			h.end(l, why)
		}
	}
}

// lostBefore is lost for the sealed sessions of owner that an epoch has ended.
func (h *hub) lostBefore(owner string, e *epoch) {
	if h.present.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sub := range h.subjects {
		if sub.rec.Owner != owner || e.allows(sub.rec) {
			continue
		}
		for l := range sub.listeners {
			h.end(l, ErrDestroyed)
		}
	}
}

// stop ends all listening, and waits for looks that are under way.
func (h *hub) stop() {
	h.mu.Lock()
	h.stopped = true
	for l := range h.listeners {
		h.end(l, ErrClosed)
	}
	h.mu.Unlock()
	h.cancel()
	h.running.Wait()
}
