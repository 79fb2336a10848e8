package coatcheck

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
)

// Handler returns a handler that gives next's requests their sessions: it is
// a middleware of the usual form. Nothing is loaded until next calls
// [FromContext], and a request that never does costs next to nothing.
//
// What next changed is saved before the first byte of its response leaves: at
// the first Write, WriteHeader, Flush, ReadFrom or Hijack, else when next
// returns. Changes made later are saved when next returns, unless they need a
// cookie. If the save fails, nothing of the response is sent and
// Options.ErrorHandler answers instead; so it does when the session could not
// be loaded and next answers with a status below 400 all the same. A next that
// panics saves nothing more.
//
// Next sees a copy of the request and a ResponseWriter with the same abilities
// as the one beneath. Wrapping a handler twice with the same manager has no
// further effect; managers with other names may be nested.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return &handler{m, m.carried.before(m, next)}
}

// A handler is what Handler returns. Being a type and not a closure, it is
// compiled once, here, so that what the compiler puts on the stack stays
// there.
type handler struct {
	m    *Manager
	next http.Handler
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if visitOf(ctx, h.m) != nil {
		h.next.ServeHTTP(w, r)
		return
	}
	v := &visit{Context: ctx, m: h.m, w: w}
	// WithContext is inlined and its copy stays on the stack, so that
	// context, request and writer take one allocation together.
	v.request = *r.WithContext(v)
	defer v.close(r)
	h.next.ServeHTTP(v.wrap(), &v.request)
	v.finish()
}

// FromContext returns the request's session of the innermost manager. The
// first call loads it; later ones return the same. A request without a live
// session gets an empty one, of which nothing is stored before its first
// change is saved.
//
// A token that was replaced by a login or a renewal a moment ago gives an empty
// session too, but one whose changes end in [ErrGone].
//
// An error is what the store said, that of a form which was too large or broke
// off (see [InsecureFormCarrier]), [ErrNoHandler] for a context that does not
// come from a request inside [Manager.Handler], [ErrClosed], or ctx's own.
// Answer it by [Error]. It is safe for concurrent use.
func FromContext(ctx context.Context) (*Session, error) {
	v := visitOf(ctx, nil)
	if v == nil {
		return nil, ErrNoHandler
	}
	return v.open(ctx)
}

// FromContext is like the package's function for this manager, where several
// are nested.
func (m *Manager) FromContext(ctx context.Context) (*Session, error) {
	v := visitOf(ctx, m)
	if v == nil {
		return nil, ErrNoHandler
	}
	return v.open(ctx)
}

// A visit is one request inside Handler: its context, its copy of the request
// and its writer's state, in one allocation.
type visit struct {
	context.Context // of the request as it came
	m               *Manager
	w               http.ResponseWriter // as it came
	request         http.Request        // as next sees it

	moments moments
	mu      sync.Mutex              // held while the session is loaded
	s       atomic.Pointer[Session] // set once
	err     error                   // why there is none, or why ErrorHandler answered; guarded by mu until failed
}

// visitKey is the key under which a context finds its visit.
type visitKey struct{}

// Value implements context.Context.
func (v *visit) Value(key any) any {
	if key == (visitKey{}) {
		return v
	}
	return v.Context.Value(key)
}

// visitOf returns the innermost visit of a manager, of any if m is nil.
func visitOf(ctx context.Context, m *Manager) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	for v != nil && m != nil && v.m != m {
		v, _ = v.Context.Value(visitKey{}).(*visit)
	}
	return v
}

// lasting is a visit's context without deadline and cancellation, for saves
// that must not depend on the client's patience.
type lasting visit

// open loads the session once, and reports what happened when its lock is
// free again.
func (v *visit) open(ctx context.Context) (*Session, error) {
	if s := v.s.Load(); s != nil && !v.moments.had(closed) {
		return s, nil
	}
	var held []Event
	s, err := v.openHolding(ctx, &held)
	for _, e := range held {
		v.m.emit(ctx, e)
		if e.Kind == EventReused && held[0].Kind != EventDuplicate {
			v.m.endReused(ctx, e) // a browser that sends several tokens may have kept an old one
		}
	}
	return s, err
}

func (v *visit) openHolding(ctx context.Context, held *[]Event) (*Session, error) {
	v.moments.add(asked)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch s := v.s.Load(); {
	case v.moments.had(closed):
		return nil, ErrClosed
	case s != nil:
		return s, nil
	case v.err != nil:
		return nil, v.err
	}
	if err := v.m.usable(ctx); err != nil {
		if errors.Is(err, ErrClosed) {
			v.err = err // another context may still be good, but no other will do
		}
		return nil, err
	}
	if v.moments.had(sent) {
		v.moments.add(unready)
	}
	s := newSession(v.m, v)
	err := v.load(ctx, s, held)
	if err == nil {
		v.s.Store(s)
		return s, nil
	}
	if !lapsed(ctx) {
		v.err = err
	}
	return nil, err
}

// opened returns what open has left, nil and nil if nobody asked.
func (v *visit) opened() (*Session, error) {
	if !v.moments.had(asked) {
		return nil, nil
	}
	if s := v.s.Load(); s != nil {
		return s, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.s.Load(); s != nil {
		return s, nil
	}
	return nil, v.err
}

// load finds the request's token and opens its session.
func (v *visit) load(ctx context.Context, s *Session, held *[]Event) error {
	if v.m.carried != nil {
		return v.loadCarried(ctx, s, held)
	}
	found := v.cookies()
	return v.openFound(ctx, s, &found, held)
}

// openFound opens the session of what a carrier has found.
func (v *visit) openFound(ctx context.Context, s *Session, found *candidates, held *[]Event) error {
	switch {
	case found.named == 0 && found.fault == "":
		return nil
	case found.named > 1:
		return v.choose(ctx, s, found, held)
	case found.n == 0:
		*held = append(*held, Event{Kind: EventRejected, Reason: found.fault})
		return nil
	}
	return s.open(ctx, found.tokens[0], held)
}

// choose opens the session of several cookies if exactly one of them has a
// live one. A browser sends a __Host- cookie once: if there are several, something
// planted them, and none is trusted.
func (v *visit) choose(ctx context.Context, s *Session, found *candidates, held *[]Event) error {
	if found.n == 1 && found.fault == "" {
		return s.open(ctx, found.tokens[0], held) // the same one several times
	}
	*held = append(*held, Event{Kind: EventDuplicate})
	if found.n == 0 || v.m.cookie.host {
		reason := reasonAmbiguous
		if found.n == 0 {
			reason = found.fault
		}
		*held = append(*held, Event{Kind: EventRejected, Reason: reason})
		return nil
	}
	live, replaced, due := 0, false, dues(0)
	for _, token := range found.tokens[:found.n] {
		each := newSession(v.m, v)
		if err := each.open(ctx, token, held); err != nil {
			return err
		}
		switch each.phase {
		case phaseLive, phaseSealed:
			switch {
			case live == 0 || each.rec.ID != s.rec.ID: // not the same one before and after a rotation
				live++
			case each.phase == phaseSealed && precedes(each.rec, s.rec):
				continue // an older copy
			}
			s.rec, s.token, due = each.rec, each.token, due|each.due
		case phaseGone:
			replaced = true
		}
	}
	md, rec, token := s.meta(), s.rec, s.token
	s.rec, s.token = nil, ""
	switch {
	case live == 1:
		err := s.accept(token, rec, md, v.m.opts.Now())
		s.due = due
		return err
	case live > 1:
		*held = append(*held, Event{Kind: EventRejected, Reason: reasonAmbiguous})
	case replaced:
		s.phase = phaseGone // its cookie must not be touched
	}
	return nil
}

// close ends the visit, after a panic too. One by which next breaks off its
// response, as httputil.ReverseProxy does when it cannot write, must not break
// off the answer of ErrorHandler, which is whole.
func (v *visit) close(r *http.Request) {
	if before := v.moments.add(closed); before&sent == 0 {
		v.shut() // the headers are no longer ours, after a panic either
	}
	v.s.Load().unlisten()
	// What the mux and the form parser noted on the copy belongs to the
	// server and to outer middleware.
	r.Pattern = v.request.Pattern
	r.MultipartForm = v.request.MultipartForm
	if v.moments.had(answered) {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}
}
