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
// was, such as its ID and Owner, can still be asked. Save, Login, Renew, Destroy and Transact may set a cookie: like
// any change to the response's headers they must not run at the same time as
// other uses of the ResponseWriter. There is no use for the zero Session.
type Session struct {
	m *Manager
	v *visit // the request; nil outside HTTP

	nested bool // the view inside a Transact function; never changes

	// What mu guards. Flags stand together, so that the whole is small.
	phase   phase
	unsplit bool // base is not made yet: see index
	stale   bool // pending updates were worked out on an older record
	due     bool // when it was loaded, it was time for a touch
	closed  bool
	busy    bool // one operation that does I/O runs
	mu      sync.Mutex
	token   Token
	rec     *Record       // what was last loaded or saved; nil unless live
	meta    meta          // of rec
	base    fields        // index of rec.Data
	saving  changes       // on their way to the store
	pending changes       // not saved yet, on top of saving
	edits   uint64        // counts changes of the view
	stuck   error         // the first error of encoding or size
	idle    chan struct{} // closed when it ends; nil if nobody waits

	first call  // the context of the first calls to the store
	call  *call // that of the next
	desk  *desk // what a change needs; nil before the first
}

// A desk is what a session needs once it is changed. It saves changes several
// allocations, and sessions that are only read the space: up to 512 bytes Go
// allocates a third faster.
type desk struct {
	scratch      [24]byte // for one small value
	scratchTaken bool
	one          [1]change // for the first change
	lane         lane
}

// A phase is where a session stands in its life, as far as this request knows.
type phase uint8

const (
	phaseNew  phase = iota // nothing is stored; a save gives birth
	phaseLive              // rec is stored
	phaseGone              // it ended under us; nothing can be saved any more
)

func newSession(m *Manager, v *visit) *Session {
	s := &Session{m: m, v: v}
	s.base.reset()
	s.call = &s.first
	return s
}

// ID returns the session's ID, the zero ID while nothing is stored. A login
// or a renewal changes it.
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

// unborn reports whether nothing was ever stored, as far as this request knows.
func (s *Session) unborn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == phaseNew
}

// Token returns the secret that opens the session, "" while nothing is
// stored. Only programs without cookies need it. A login or a renewal
// changes it.
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
	if s.closed {
		return nil
	}
	s.index()
	var names []string
	if !s.pending.cleared && !s.saving.cleared {
		for i := range s.base.list {
			name := s.base.key(i)
			if s.saving.find(name) == nil && s.pending.find(name) == nil {
				names = append(names, name)
			}
		}
	}
	if !s.pending.cleared {
		for i := range s.saving.list {
			if ch := &s.saving.list[i]; ch.present && s.pending.find(ch.name) == nil {
				names = append(names, ch.name)
			}
		}
	}
	for i := range s.pending.list {
		if ch := &s.pending.list[i]; ch.present {
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
	if s.closed {
		return
	}
	s.edits++
	s.stuck = nil
	s.pending = changes{list: s.pending.list[:0], cleared: true, persist: s.pending.persist}
}

// SetPersistent says whether the browser keeps the cookie when it is closed
// ("remember me"), until the session's absolute timeout. Sessions begin
// without. Like every change it takes effect at the save, and being a new
// cookie it needs headers that have not left.
func (s *Session) SetPersistent(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.edits++
	s.pending.persist = persistOff
	if on {
		s.pending.persist = persistOn
	}
}

// forgetPersistent drops the wish of SetPersistent for a stored session, and
// reports whether there was one.
func (s *Session) forgetPersistent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != phaseLive || s.pending.persist == persistKept {
		return false
	}
	s.pending.persist = persistKept
	return true
}

// Err returns the first error of a change that could not be recorded, such as
// a value that does not encode; it fails the save. After the handler returned
// it is [ErrClosed].
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return s.stuck
}

// get returns the encoded value of a key as this request sees it.
func (s *Session) get(name string) (raw []byte, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false, ErrClosed
	}
	raw, ok = s.look(name)
	return raw, ok, nil
}

// look is get under the lock.
func (s *Session) look(name string) (raw []byte, ok bool) {
	for _, layer := range [...]*changes{&s.pending, &s.saving} {
		if ch := layer.find(name); ch != nil {
			return ch.value, ch.present
		}
		if layer.cleared {
			return nil, false
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
	if s.closed {
		return
	}
	if err := s.check(ch.name, ch.value); err != nil {
		s.stickLocked(err)
		return
	}
	s.edits++
	s.room()
	s.pending.put(ch)
}

// update records an update. The function runs without the lock, since it may
// read the session; if the value changed meanwhile, it runs again.
func (s *Session) update(name string, fn updater) {
	for {
		s.mu.Lock()
		closed := s.closed
		old, present := s.look(name)
		s.mu.Unlock()
		if closed {
			return
		}
		value, err := fn.apply(s, name, old, present)
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
			s.room()
			s.pending.putUpdate(name, value, fn)
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
	if s.stuck == nil {
		s.stuck = err
	}
}

// takeScratch returns the session's scratch space to the first who asks.
func (s *Session) takeScratch() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.sit(); !d.scratchTaken {
		d.scratchTaken = true
		return d.scratch[:0]
	}
	return nil
}

// room gives the first change its place. The caller holds mu.
func (s *Session) room() {
	if d := s.sit(); s.pending.list == nil && d.one[0].name == "" {
		s.pending.list = d.one[:0]
	}
}

// spareLane returns the lane that a save of this session may use.
func (s *Session) spareLane() *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &s.sit().lane
}

// sit returns the session's desk. The caller holds mu.
func (s *Session) sit() *desk {
	if s.desk == nil {
		s.desk = new(desk)
	}
	return s.desk
}

// decodeError reports a value that does not decode.
func (s *Session) decodeError(name string, err error) error {
	s.m.emit(s.values(), Event{Kind: EventDecodeFailure, ID: s.ID(), Owner: s.Owner(), Reason: name, Err: err})
	return fmt.Errorf("%w: key %q: %w", ErrDecode, name, err)
}

// close ends the use of the session.
func (s *Session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}
