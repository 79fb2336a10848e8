package coatcheck

import (
	"context"
	"errors"
	"fmt"
)

// Save saves pending changes now, without waiting for the response. Changes
// that other requests saved meanwhile are kept, update functions are replayed
// on them. With nothing to save it does nothing.
//
// A session that is not stored yet is born if it has a key; its cookie is set
// on the response. Errors: [ErrGone] when the session has ended (the changes
// are dropped), [ErrHeadersSent], [ErrTooLarge], [ErrFull], or for a birth
// over a budget of Options.Flood a [FloodError], [ErrConflict] when
// it met too many concurrent changes, [ErrUncertain] (the changes are
// dropped), [ErrNested], [ErrClosed], the error that [Session.Err] reports,
// ctx's own, or what the store said.
func (s *Session) Save(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.save(ctx)
}

// Transact runs fn on the session, saves what it changed together with all
// pending changes, and returns when that is saved; what other requests see is
// all of it or nothing. If another request changed the session meanwhile, fn
// runs again on the new values, so it must have no side effects. It sees them
// through the session that it is given.
//
// An error of fn drops the changes that fn made, and no others, saves nothing
// and is returned as it is. Inside fn, Save, Login, Renew, Destroy, Touch and
// Transact are [ErrNested]. Other errors are those of [Session.Save].
func (s *Session) Transact(ctx context.Context, fn func(*Session) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.transact(ctx, fn)
}

// caller returns the means to call the store for this session.
func (s *Session) caller() caller {
	return caller{m: s.m, call: &s.first, sealed: s.phase == phaseSealed}
}

// save does what Save promises. The caller has entered.
func (s *Session) save(ctx context.Context) error { return s.saveBy(ctx, new(work)) }

func (s *Session) saveBy(ctx context.Context, w *work) error {
	s.mu.Lock()
	err, none := error(nil), s.desk.idle()
	if !none {
		err = w.take(s)
	}
	s.mu.Unlock()
	if err != nil || none {
		return err
	}
	return s.store(ctx, w)
}

func (s *Session) transact(ctx context.Context, fn func(*Session) error) error {
	w := &work{fn: fn}
	s.mu.Lock()
	err := w.take(s)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	err = s.store(ctx, w)
	if r, ok := err.(*refusal); ok {
		return r.err
	}
	return err
}

// A refusal is an error of a Transact function. It hides what it wraps, which
// may be the fate of another session.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }

// store moves what w took to the store, by a birth or by a replace.
// What could not be stored becomes pending again, unless it is certain that
// it never can be, or uncertain whether it was.
func (s *Session) store(ctx context.Context, w *work) error {
	saved := false
	defer func() {
		switch {
		case saved:
		case w.out:
			s.forget() // the store has panicked: it may have saved them
		default:
			s.unsave(w) // after a panic of the program's function, too
		}
	}()
	err := ErrGone
	if w.was != phaseGone {
		err = w.prepare(s, s.rec, &s.base, w.stale)
	}
	switch {
	case err != nil:
	case w.was == phaseNew:
		err = s.birth(ctx, w)
	case w.was == phaseSealed:
		err = s.replaceSealed(ctx, w)
	default:
		err = s.replace(ctx, w)
	}
	switch {
	case err == nil:
		saved = true
	case errors.Is(err, ErrGone):
		s.gone(ctx)
	case errors.Is(err, ErrUncertain):
		s.forget()
	}
	return err
}

// forget drops the changes that were on their way.
func (s *Session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desk.saving = changes{}
	s.stale = s.stale || !s.desk.pending.empty() // those behind were worked out on them
}

// unsave makes the changes that are still on their way pending again.
func (s *Session) unsave(w *work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.desk
	s.stale = s.stale || w.stale // a function that was to run anew may have panicked before
	d.pending, d.saving = over(d.saving, d.pending), changes{}
}

// gone notes that the session has ended, and drops its changes.
func (s *Session) gone(ctx context.Context) {
	s.mu.Lock()
	if s.phase == phaseSealed {
		s.takeBack()
	}
	s.mu.Unlock()
	s.part(ctx)
}

// part is gone for a session of which nobody can tell whether it has ended.
func (s *Session) part(ctx context.Context) {
	s.mu.Lock()
	id, owner := s.lastID(), ""
	if s.rec != nil {
		owner = s.rec.Owner
	}
	s.phase, s.rec, s.token, s.unsplit = phaseGone, nil, "", false
	if d := s.desk; d != nil {
		d.saving, d.pending = changes{}, changes{}
	}
	s.base.reset()
	s.mu.Unlock()
	s.m.hub.hint(id) // who listens hears how it ended
	s.m.emit(ctx, Event{Kind: EventGone, ID: id, Owner: owner})
}

// lastID returns the ID that the session has or had.
func (s *Session) lastID() ID {
	if s.rec != nil {
		return s.rec.ID
	}
	if s.token != "" {
		return s.m.ID(s.token)
	}
	return ID{}
}

// saved makes rec the record that the session stands on. Changes made while
// it was being saved stay pending; they are replayed at the next save. If w was
// the last thing to do, it also ends the operation, so that one lock does.
func (s *Session) saved(rec *Record, w *work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sit()
	d.saving = changes{}
	s.stale = !d.pending.empty()
	if rec != s.rec {
		s.phase, s.rec, s.unsplit = s.m.phaseOf(s.token), rec, true
		s.due &^= dueTouch | dueSight
	}
	if w != nil && w.moved {
		s.token = w.token
	}
	if w != nil && w.last && s.due&^dueCookie == 0 {
		s.freeze(true)
		s.vacate()
		w.ended = true
	}
}

// index makes sure that base is the index of rec's data: most sessions are
// not looked at any more once they are saved. The caller holds mu.
func (s *Session) index() {
	if !s.unsplit {
		return
	}
	s.unsplit = false
	if err := s.base.split(s.m.opts.Codec, s.rec.Data, greatestKeys); err != nil {
		s.base.reset()
		s.stickLocked(fmt.Errorf("%w: the codec cannot split what it joined: %w", ErrCorrupt, err))
	}
}
