package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// A Manager issues sessions, keeps them in a [Store], and puts them into
// requests by [Manager.Handler]. It is immutable but for its counters and safe
// for concurrent use. There is no use for the zero Manager; make it by [New].
type Manager struct {
	store   Store
	caps    Capabilities
	sealing *sealing // nil unless the store is a Sealer
	opts    Options
	cookie  cookieCarrier
	carried *carriers // nil if the cookie alone carries tokens
	domain  string    // what begins the hash of a token
	json    bool      // the codec is JSON: short cuts are allowed
	real    bool      // the clock is the machine's own
	lanes   *lanes
	indexes *indexes // of JSON data; nil if sealed
	touched touches
	counts  counters
	sweeps  sweeps
	hub     *hub
	closed  atomic.Bool
}

// New returns a manager that keeps its sessions in store, or, if that is a
// [Sealer], in their tokens. opts may be nil. A
// nil store or an option that breaks a rule is [ErrInvalid]; the message names
// the field.
//
// If the store can be swept, the manager does so now and then until its
// Close.
func New(store Store, opts *Options) (*Manager, error) {
	if store == nil {
		return nil, fmt.Errorf("%w: New needs a store; memstore.New(nil) is the simplest", ErrInvalid)
	}
	filled, err := opts.filled()
	if err != nil {
		return nil, err
	}
	cookie, err := newCookie(&filled)
	if err != nil {
		return nil, err
	}
	m := &Manager{store: store, caps: CapabilitiesOf(store), opts: filled, cookie: cookie, lanes: new(lanes)}
	if m.sealing, err = newSealing(store, &filled, &cookie); err != nil {
		return nil, err
	}
	if m.carried, err = newCarriers(&m.opts, m.sealing != nil); err != nil {
		return nil, err
	}
	m.domain = idDomain
	if m.carried != nil && m.carried.url != "" {
		m.domain = urlDomain
	}
	if m.sealing == nil {
		m.indexes = new(indexes)
	}
	m.hub = newHub(m)
	_, m.json = filled.Codec.(JSON)
	m.real = opts == nil || opts.Now == nil
	if filled.InsecureCookie {
		filled.Logger.Warn("coatcheck: Options.InsecureCookie is set: sessions travel unprotected; use it on the local machine only")
	}
	m.scheduleSweep()
	return m, nil
}

// Close stops the automatic sweeps and all looks at sessions for those who
// listen, and waits for what is under way. The channels of [Session.Done] are
// closed, the store is not. Requests that have their session are served to their end;
// FromContext and Open return [ErrClosed] from now on, which is answered with
// 503. It returns nil, also when called again.
func (m *Manager) Close() error {
	m.closed.Store(true)
	m.sweeps.stop()
	m.hub.stop()
	return nil
}

// Open returns the session of a token outside HTTP, for gRPC and jobs, as
// [FromContext] does for a request: a token without a live session gives an
// empty one, which is born under a token of its own at the first Save or
// Login; [Session.Token] returns it. Changes must be saved by Save, Transact,
// Login or Renew. Open with "" begins a new session. An error is what the
// store said, [ErrClosed], or ctx's own.
func (m *Manager) Open(ctx context.Context, token Token) (*Session, error) {
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	s := newSession(m, nil)
	if token == "" {
		return s, nil
	}
	if fault := tokenFault(string(token)); fault != "" && m.sealing == nil {
		m.emit(ctx, Event{Kind: EventRejected, Reason: fault})
		return s, nil
	}
	if err := s.open(ctx, token, nil); err != nil {
		return nil, err
	}
	// A touch that failed was reported as an event, and is no reason to turn
	// the caller away.
	_ = s.touch(ctx)
	return s, nil
}

// usable returns why nothing can be done under ctx, or nil.
func (m *Manager) usable(ctx context.Context) error {
	if m.closed.Load() {
		return &storeError{ErrClosed} // no fault of the handler's
	}
	return ctx.Err()
}

// open loads the session of a well-formed token. A token that opens nothing
// leaves s as it is, and so does a record that cannot be read, so that damage
// costs one session and no visitor is locked out by it. The token of a renewed
// session makes s one that cannot be saved.
func (s *Session) open(ctx context.Context, token Token, held *[]Event) error {
	c := s.caller()
	c.holds = held != nil
	if s.m.sealing != nil {
		err := s.openSealed(ctx, &c, token)
		if c.holds {
			*held = append(*held, c.held...)
		}
		return err
	}
	id := s.m.ID(token)
	rec, md, err := c.load(ctx, id)
	if err == nil {
		err = s.accept(token, rec, md, c.now)
	}
	if err == nil {
		return nil
	}
	err = c.reject(ctx, id, err)
	if c.holds {
		*held = append(*held, c.held...)
	}
	return err
}

// reject reports a token that opens nothing, and returns the error if it is
// the store's and not the token's.
func (c *caller) reject(ctx context.Context, id ID, err error) error {
	e := Event{Kind: EventRejected, ID: id}
	var r *rejection
	switch {
	case errors.As(err, &r):
		e.Reason = r.reason
		if errors.Is(err, ErrCorrupt) {
			e.Err = err
		}
	case errors.Is(err, ErrNotFound):
		e.Reason = reasonUnknown
	case errors.Is(err, ErrCorrupt):
		e.Reason, e.Err = reasonCorrupt, err
	default:
		return err
	}
	c.emit(ctx, e)
	return nil
}

// accept makes a record that was loaded at now the session's, which nobody else
// has yet. What is not a session is a rejection.
func (s *Session) accept(token Token, rec *Record, md meta, now time.Time) error {
	switch md.state {
	case stateLive:
	case stateStub:
		s.phase = phaseGone
		return &rejection{reasonReplaced, ErrNotFound}
	default:
		return ErrNotFound
	}
	if err := s.m.split(rec, &s.base); err != nil {
		s.base.reset()
		return &rejection{reasonCorrupt, ErrCorrupt}
	}
	s.phase, s.rec, s.token = phaseLive, rec, token
	s.due = touchDue(rec, &md, now) || s.m.sealing != nil && s.m.sealing.Stale(token)
	return nil
}

// split makes f the index of rec's data. rec has been checked.
func (m *Manager) split(rec *Record, f *fields) error {
	if m.json && m.indexes.find(rec, f) {
		return nil
	}
	err := f.split(m.opts.Codec, rec.Data, greatestKeys)
	if err == nil && m.json {
		m.indexes.note(rec, f.list)
	}
	return err
}

// values is the context whose values go with the session's events.
func (s *Session) values() context.Context {
	if s.v == nil {
		return context.Background()
	}
	return s.v
}
