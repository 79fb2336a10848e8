package coatcheck

import (
	"bytes"
	"fmt"
	"sync"
	"time"
)

// A Session is one request's view of a session. It is loaded once, by
// [FromContext]; reads and changes by a [Key] work on that view without I/O,
// and changes are saved before the first byte of the response leaves, merged
// with those that other requests saved meanwhile.
//
// A Session is safe for concurrent use by the goroutines of its request.
// After the handler has returned, methods that return an error return
// [ErrClosed], changes are dropped, and keys have no values; what the session
// was, such as its ID and Owner, can still be asked. Save, Login, Renew, Destroy
// and Transact may set a cookie: like any change to the response's headers they
// must not run at the same time as other uses of the ResponseWriter. There is
// no use for the zero Session.
type Session struct {
	m *Manager
	v *visit // the request; nil outside HTTP

	nested bool // the view inside a Transact function; never changes

	// What mu guards. Flags stand together, so that the whole is small.
	phase     phase
	unsplit   bool // base is not made yet: see index
	stale     bool // pending updates were worked out on an older record
	due       dues // what is to be done before the response leaves
	closed    bool
	busy      bool // one operation that does I/O runs
	cookieSet bool // a cookie of ours is among the headers
	mu        sync.Mutex
	token     Token
	rec       *Record // what was last loaded or saved; nil unless live
	base      fields  // index of rec.Data

	first call      // the context of the calls to the store, until it is spent
	desk  *desk     // what a change needs; nil before the first
	vary  [1]string // values of the response's headers
	cache [1]string
}

// A phase is where a session stands in its life, as far as this request knows.
type phase uint8

const (
	phaseNew    phase = iota // nothing is stored; a save gives birth
	phaseLive                // rec is stored
	phaseGone                // it ended under us; nothing can be saved any more
	phaseSealed              // rec is in the token, and nowhere else
)

func newSession(m *Manager, v *visit) *Session {
	s := &Session{m: m, v: v}
	s.base.reset()
	return s
}

// ID returns the session's ID, the zero ID while nothing is stored. A login
// or a renewal changes it, and so does a rotation (see Options.RotateEvery).
// Where a manager is asked by an ID, one from before a rotation will do.
func (s *Session) ID() ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rec == nil {
		return ID{}
	}
	return s.rec.ID
}

// Owner returns the account that is logged in, "" if none is.
func (s *Session) Owner() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rec == nil {
		return ""
	}
	return s.rec.Owner
}

// Created returns when the session was born, the zero time while nothing is
// stored. A login or a renewal does not change it, unless the login is by
// another owner.
func (s *Session) Created() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rec == nil {
		return time.Time{}
	}
	return s.rec.Created
}

// AuthTime returns when the owner logged in, the zero time for an anonymous
// session, or if nobody knows (see [Manager.NewRecord]).
func (s *Session) AuthTime() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rec == nil {
		return time.Time{}
	}
	return s.rec.AuthTime
}

// IsNew reports whether nothing is stored: the request came without a live
// session, and none was born yet; or the session was destroyed, or has ended
// under the request.
func (s *Session) IsNew() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rec == nil
}

// Token returns the secret that opens the session, "" while nothing is
// stored. Only programs without cookies need it. A login, a renewal or a
// rotation (see Options.RotateEvery) changes it, so that after [Manager.Open] it
// may be another than the one given; of a sealed session (see [Sealer]) every
// save does.
func (s *Session) Token() Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// Keys returns the names of the keys that have values, pending changes
// included, in no particular order.
func (s *Session) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return nil
	}
	s.index()
	d := s.sit()
	var names []string
	if !d.pending.cleared && !d.saving.cleared {
		for i := range s.base.list {
			name := s.base.key(i)
			if d.saving.find(name) == nil && d.pending.find(name) == nil {
				names = append(names, name)
			}
		}
	}
	if !d.pending.cleared {
		for i := range d.saving.list {
			if ch := &d.saving.list[i]; ch.present && d.pending.find(ch.name) == nil {
				names = append(names, ch.name)
			}
		}
	}
	for i := range d.pending.list {
		if ch := &d.pending.list[i]; ch.present {
			names = append(names, ch.name)
		}
	}
	return names
}

// Clear removes all keys, those that other requests add until the save
// included. The session itself, its owner and its token stay. It also forgets
// the error that [Session.Err] reports.
func (s *Session) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return
	}
	d := s.sit()
	d.stuck = nil
	d.pending = changes{list: d.pending.list[:0], cleared: true, persist: d.pending.persist}
}

// SetPersistent says whether the browser keeps the cookie when it is closed
// ("remember me"), until the session's absolute timeout. Sessions begin
// without. Like every change it takes effect at the save, and being a new
// cookie it needs headers that have not left. Said before a Login, it also
// chooses the timeouts of the session that the login begins, see
// Options.PersistentIdleTimeout; said later, it moves no deadline. A session that
// another carrier brought remembers the wish, which means nothing there.
func (s *Session) SetPersistent(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return
	}
	d := s.sit()
	d.pending.persist = persistOff
	if on {
		d.pending.persist = persistOn
	}
}

// forgetPersistent drops the wish of SetPersistent for a stored session, and
// reports whether there was one.
func (s *Session) forgetPersistent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sit()
	if s.phase != phaseLive || d.pending.persist == persistKept {
		return false
	}
	d.pending.persist = persistKept
	return true
}

// Err returns the first error of a change that could not be recorded, such as
// a value that does not encode, or with which FormField or URL met; it fails
// the save. After the handler returned
// it is [ErrClosed].
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return ErrClosed
	}
	if s.desk == nil {
		return nil
	}
	return s.desk.stuck
}

// get returns the encoded value of a key as this request sees it.
func (s *Session) get(name string) (raw []byte, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return nil, false, ErrClosed
	}
	raw, ok = s.look(name)
	return raw, ok, nil
}

// look is get under the lock.
func (s *Session) look(name string) (raw []byte, ok bool) {
	if d := s.desk; d != nil {
		for _, layer := range [...]*changes{&d.pending, &d.saving} {
			if ch := layer.find(name); ch != nil {
				return ch.value, ch.present
			}
			if layer.cleared {
				return nil, false
			}
		}
	}
	s.index()
	if i := s.base.find(name); i >= 0 {
		return s.base.value(i), true
	}
	return nil, false
}

// put records a change that needs no old value.
func (s *Session) put(ch change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return
	}
	if err := s.check(ch.name, ch.value); err != nil {
		s.stickLocked(err)
		return
	}
	d := s.sit()
	d.room()
	d.pending.put(ch)
}

// update records an update. The function runs without the lock, since it may
// read the session; if the value changed meanwhile, it runs again.
func (s *Session) update(name string, fn updater) {
	for {
		s.mu.Lock()
		if s.isClosed() {
			s.mu.Unlock()
			return
		}
		old, present := s.look(name)
		scratch := s.sit().scratch()
		s.mu.Unlock()
		value, err := fn.apply(s, name, old, present, scratch)
		s.mu.Lock()
		if err == nil {
			err = s.check(name, value)
		}
		if err != nil {
			s.stickLocked(err)
			s.mu.Unlock()
			return
		}
		if now, still := s.look(name); still == present && bytes.Equal(now, old) {
			d := s.sit()
			d.room()
			d.pending.putUpdate(name, value, fn)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

// check refuses what no save could take.
func (s *Session) check(name string, value []byte) error {
	if name == "" {
		return fmt.Errorf("%w: the zero Key cannot be used; make it by NewKey", ErrInvalid)
	}
	if len(value) > s.m.opts.MaxBytes {
		return fmt.Errorf("%w: key %q has %d bytes; Options.MaxBytes allows %d", ErrTooLarge, name, len(value), s.m.opts.MaxBytes)
	}
	return nil
}

// stick keeps the first error, which fails the save.
func (s *Session) stick(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stickLocked(err)
}

func (s *Session) stickLocked(err error) {
	if d := s.sit(); d.stuck == nil {
		d.stuck = err
	}
}

// isClosed reports whether the handler has returned; of a Transact function's
// view, whether that has. The caller holds mu.
func (s *Session) isClosed() bool {
	return s.closed || s.v != nil && !s.nested && s.v.moments.had(closed)
}

// decodeError reports a value that does not decode.
func (s *Session) decodeError(name string, err error) error {
	s.m.emit(s.values(), Event{Kind: EventDecodeFailure, ID: s.ID(), Owner: s.Owner(), Reason: name, Err: err})
	return fmt.Errorf("%w: key %q: %w", ErrDecode, name, err)
}

// close ends the use of a view.
func (s *Session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if l := s.listener(); l != nil {
		s.m.hub.leave(l)
	}
}
