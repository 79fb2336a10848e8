package coatcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// replace saves over the stored record, again and again until no other save
// comes between, inside the session's lane.
func (s *Session) replace(ctx context.Context, w *work) error {
	rec, md, base := s.rec, s.meta(), &s.base
	if w.changes.persist.sameAs(md.persistent) {
		w.changes.persist = persistKept
	}
	if w.changes.persist != persistKept && s.way() == nil && s.headersSent() {
		return ErrHeadersSent
	}
	if w.changes.empty() && !w.sight {
		s.saved(rec, w)
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
		news := w.sight && !w.moved && md.see(s.m.opts.Now())
		next := &Record{ID: rec.ID, Owner: rec.Owner, Created: rec.Created, AuthTime: rec.AuthTime, Deadline: rec.Deadline, Version: newVersion(rec.Version)}
		composed, err := s.compose(next, c.clock(), base, &w.changes, md, len(rec.Data))
		if err != nil {
			return err
		}
		same := !news && w.changes.persist == persistKept && bytes.Equal(next.Data, rec.Data)
		if same {
			next, composed = rec, md
		}
		w.out = true
		cur, err := c.put(ctx, next, rec.Version, same)
		w.out = false
		if err == nil {
			l.last = next
			token := s.token
			if w.moved {
				token = w.token
			}
			if w.changes.persist != persistKept && s.way() == nil {
				s.addHeaders(func(h http.Header) { s.putCookie(h, token, next, composed) })
			} else if w.moved {
				s.owe()
			}
			s.saved(next, w)
			if w.moved {
				s.follow()
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
	if cur, err = s.pursue(ctx, w, l, cur); err != nil {
		return nil, md, nil, err
	}
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
		if cur, err = s.pursue(ctx, w, l, cur); err != nil {
			return nil, md, nil, err
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
