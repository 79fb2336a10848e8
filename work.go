package coatcheck

import "slices"

// A work is what one save stores: the session's pending changes and, for
// Transact, what fn adds to them.
type work struct {
	fn      func(*Session) error
	changes changes
	last    bool // nothing but the headers of the response follows
	ended   bool // and they are complete, too
	out     bool // the store has them, and has not answered yet

	promotes bool // a session that is born is stored, never sealed

	// What take has found.
	was   phase
	stale bool  // update functions must run anew at once
	sight bool  // it is to be noted that the token was shown
	spare *lane // that the save may use

	// What pursue has found.
	moved bool  // the session was rotated under the request
	token Token // then: its token now, "" if the request does not know the old one
}

// take sends the pending changes on their way, unless one of them could not be
// recorded. The caller holds s.mu.
func (w *work) take(s *Session) error {
	s.index()
	d := s.sit()
	if d.stuck != nil {
		return d.stuck
	}
	w.was, w.stale, w.spare = s.phase, s.stale, &d.lane
	w.sight = s.due&dueSight != 0
	d.saving, d.pending, s.stale = d.pending, changes{}, false
	return nil
}

// prepare works out the changes on base. With again, update functions run
// anew because base is not what they saw.
func (w *work) prepare(s *Session, rec *Record, base *fields, again bool) error {
	if again {
		if err := s.replay(base); err != nil {
			return err
		}
	}
	w.changes = s.desk.saving
	if w.fn == nil {
		return nil
	}
	view := &Session{m: s.m, v: s.v, nested: true, phase: s.phase, token: s.token, rec: rec}
	if w.moved {
		view.token = w.token
	}
	view.base, view.desk = *base, &desk{saving: s.desk.saving}
	defer view.close()
	if err := w.fn(view); err != nil {
		return &refusal{err}
	}
	view.mu.Lock()
	defer view.mu.Unlock()
	if view.desk.stuck != nil {
		return view.desk.stuck
	}
	// The saving changes must survive another attempt as they are.
	mine := s.desk.saving
	mine.list = slices.Clone(mine.list)
	for i := range mine.list {
		mine.list[i].more = slices.Clip(mine.list[i].more)
	}
	w.changes = over(mine, view.desk.pending)
	return nil
}

// replay runs the update functions among the saving changes on base.
func (s *Session) replay(base *fields) error {
	for i := range s.desk.saving.list {
		ch := &s.desk.saving.list[i]
		if ch.fn == nil {
			continue
		}
		var old []byte
		at := base.find(ch.name)
		if at >= 0 {
			old = base.value(at)
		}
		value, err := ch.fn.apply(s, ch.name, old, at >= 0, nil)
		for _, fn := range ch.more {
			if err != nil {
				break
			}
			value, err = fn.apply(s, ch.name, value, true, nil)
		}
		if err == nil {
			err = s.check(ch.name, value)
		}
		if err != nil {
			s.stick(err)
			return err
		}
		s.mu.Lock()
		ch.value = value
		s.mu.Unlock()
	}
	return nil
}
