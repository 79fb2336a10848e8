package coatcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// Save saves pending changes now, without waiting for the response. Changes
// that other requests saved meanwhile are kept, update functions are replayed
// on them. With nothing to save it does nothing.
//
// A session that is not stored yet is born if it has a key; its cookie is set
// on the response. Errors: [ErrGone] when the session has ended (the changes
// are dropped), [ErrHeadersSent], [ErrTooLarge], [ErrFull], [ErrConflict] when
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

// enter begins an operation that does I/O and waits for a running one. The
// waiting is bounded, since the running one may be waiting for us.
func (s *Session) enter(ctx context.Context) error {
	if s.nested {
		return ErrNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.occupy(ctx)
}

// occupy is enter for a caller that holds mu. While it waits mu is free.
func (s *Session) occupy(ctx context.Context) error {
	for s.busy {
		if s.idle == nil {
			s.idle = make(chan struct{})
		}
		idle := s.idle
		s.mu.Unlock()
		timer := time.NewTimer(s.m.opts.StoreTimeout)
		var err error
		select {
		case <-idle:
		case <-ctx.Done():
			err = ctx.Err()
		case <-timer.C:
			err = ErrNested
		}
		timer.Stop()
		s.mu.Lock()
		if err != nil {
			return err
		}
	}
	if s.isClosed() {
		return ErrClosed
	}
	s.busy = true
	return nil
}

// leave ends what enter began.
func (s *Session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vacate()
}

// vacate is leave for a caller that holds mu.
func (s *Session) vacate() {
	s.busy = false
	if s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// caller returns the means to call the store for this session.
func (s *Session) caller() caller { return caller{m: s.m, next: &s.call} }

// save does what Save promises. The caller has entered.
func (s *Session) save(ctx context.Context) error {
	w := new(work)
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

// A work is what one save stores: the session's pending changes and, for
// Transact, what fn adds to them.
type work struct {
	fn      func(*Session) error
	changes changes

	// What take has found.
	was   phase
	stale bool  // update functions must run anew at once
	spare *lane // that the save may use
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
	d.saving, d.pending, s.stale = d.pending, changes{}, false
	return nil
}

// store moves what w took to the store, by a birth or by a replace.
// What could not be stored becomes pending again, unless it is certain that
// it never can be, or uncertain whether it was.
func (s *Session) store(ctx context.Context, w *work) error {
	saved := false
	defer func() {
		if !saved {
			s.unsave() // after a panic of the program's function, too
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
}

// unsave makes the changes that are still on their way pending again.
func (s *Session) unsave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.desk
	d.pending, d.saving = over(d.saving, d.pending), changes{}
}

// gone notes that the session has ended, and drops its changes.
func (s *Session) gone(ctx context.Context) {
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

// replace saves over the stored record, again and again until no other save
// comes between, inside the session's lane.
func (s *Session) replace(ctx context.Context, w *work) error {
	rec, md, base := s.rec, s.meta(), &s.base
	if w.changes.persist.sameAs(md.persistent) {
		w.changes.persist = persistKept
	}
	if w.changes.persist != persistKept && s.headersSent() {
		return ErrHeadersSent
	}
	if w.changes.empty() {
		s.saved(rec)
		return nil
	}
	l, err := s.m.lanes.enter(ctx, &rec.ID, w.spare, s.m.opts.StoreTimeout)
	if err != nil {
		return err
	}
	defer func() { s.m.lanes.leave(l) }()
	c := s.caller()
	if cur := l.ahead(rec); cur != nil {
		// Somebody in this process saved while we waited: no load is needed.
		if l.run++; l.run%maxRun == 0 {
			if err := pause(ctx, 1); err != nil {
				return err
			}
		}
		if rec, md, base, err = s.onto(ctx, w, &l, cur); err != nil {
			return err
		}
	}
	for try := 0; ; try++ {
		next := &Record{ID: rec.ID, Owner: rec.Owner, Created: rec.Created, AuthTime: rec.AuthTime, Deadline: rec.Deadline, Version: newVersion(rec.Version)}
		composed, err := s.compose(next, base, &w.changes, md, len(rec.Data))
		if err != nil {
			return err
		}
		same := w.changes.persist == persistKept && bytes.Equal(next.Data, rec.Data)
		if same {
			next, composed = rec, md
		}
		cur, err := c.put(ctx, next, rec.Version, same)
		if err == nil {
			l.last = next
			s.saved(next)
			if w.changes.persist != persistKept {
				s.addHeaders(func(h http.Header) { s.putCookie(h, s.token, next, composed) })
			}
			return nil
		}
		if cur, err = c.again(ctx, rec.ID, cur, err, try); err != nil {
			return err
		}
		if rec, md, base, err = s.onto(ctx, w, &l, cur); err != nil {
			return err
		}
	}
}

// put replaces the record of version old by rec. If that would write what is
// there already, it only makes sure that it still is: the last of several
// writers of one key wins even if it wrote what it had found.
func (c *caller) put(ctx context.Context, rec *Record, old uint64, same bool) (cur *Record, err error) {
	if !same {
		return c.swap(ctx, rec, old)
	}
	cur, _, err = c.load(ctx, rec.ID)
	switch {
	case err != nil:
		return nil, err
	case cur.Version != old:
		return cur, ErrConflict
	}
	return nil, nil
}

// again is what follows a swap that failed, returning err and maybe what is
// stored now: a record to try over, or why there is nothing to try.
func (c *caller) again(ctx context.Context, id ID, cur *Record, err error, try int) (*Record, error) {
	switch {
	case !errors.Is(err, ErrConflict):
		return nil, c.m.lost(ctx, id, err)
	case try == maxTries:
		return nil, fmt.Errorf("%w: gave up after %d attempts", ErrConflict, maxTries)
	}
	if err := pause(ctx, try); err != nil {
		return nil, err
	}
	if cur == nil || try > 0 { // a pause makes old what the swap has seen
		if cur, _, err = c.load(ctx, id); err != nil {
			return nil, c.m.lost(ctx, id, err)
		}
	}
	return cur, nil
}

// maxTries is how often a save meets a conflict before it gives up. Inside
// one process the lane leaves none; these are for other processes.
const maxTries = 60

// onto works out the changes on cur. A Transact function runs outside the
// lane, so that no other request waits for it, and once more if another save
// came between. Only when that has happened time and again does it run inside.
func (s *Session) onto(ctx context.Context, w *work, l **lane, cur *Record) (rec *Record, md meta, base *fields, err error) {
	for try := 0; w.fn != nil && try < maxYields; try++ {
		s.m.lanes.leave(*l)
		*l = nil
		if rec, md, base, err = s.rebase(ctx, w, cur); err != nil {
			return nil, md, nil, err
		}
		if *l, err = s.m.lanes.enter(ctx, &rec.ID, w.spare, s.m.opts.StoreTimeout); err != nil {
			return nil, md, nil, err
		}
		if cur = (*l).ahead(rec); cur == nil {
			return rec, md, base, nil
		}
	}
	return s.rebase(ctx, w, cur)
}

// maxYields is how often a Transact function gives way before it insists.
const maxYields = 8

// rebase works out the changes on a record that somebody else saved.
func (s *Session) rebase(ctx context.Context, w *work, rec *Record) (*Record, meta, *fields, error) {
	md, reason := openMeta(rec, rec.ID)
	if reason != "" {
		return nil, md, nil, s.m.lost(ctx, rec.ID, &rejection{reason, ErrCorrupt})
	}
	if md.state != stateLive || !rec.Live(s.m.opts.Now()) {
		return nil, md, nil, ErrGone
	}
	base := new(fields)
	if err := base.split(s.m.opts.Codec, rec.Data, greatestKeys); err != nil {
		return nil, md, nil, s.m.lost(ctx, rec.ID, &rejection{reasonCorrupt, ErrCorrupt})
	}
	s.m.emit(ctx, Event{Kind: EventReplayed, ID: rec.ID, Owner: rec.Owner})
	return rec, md, base, w.prepare(s, rec, base, true)
}

// lost turns what the store said of a session that was live before into what
// it means for a change. Damage is reported.
func (m *Manager) lost(ctx context.Context, id ID, err error) error {
	switch {
	case errors.Is(err, ErrUncertain), errors.Is(err, ErrGone):
		return err
	case errors.Is(err, ErrNotFound):
		return ErrGone
	case errors.Is(err, ErrCorrupt):
		c := caller{m: m}
		_ = c.reject(ctx, id, err)
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// pause waits after a conflict: not at all at first, then a random time that
// grows to 32 milliseconds.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(time.Millisecond << min(try, 5)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// saved makes rec the record that the session stands on. Changes made while
// it was being saved stay pending; they are replayed at the next save.
func (s *Session) saved(rec *Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sit()
	d.saving = changes{}
	s.stale = !d.pending.empty()
	if rec != s.rec {
		s.phase, s.rec, s.unsplit, s.due = phaseLive, rec, true, false
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
