package coatcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// DestroyOwner ends all sessions of owner, but those in except, and returns
// how many there were. When it returns nil, no session lives that owner logged
// in to before the call, whatever logins and renewals were under way in any
// process. A login that begins while it runs may be ended as well; one that
// begins afterwards is not affected. While it runs, [Session.Renew] of any
// session of owner is [ErrGone]. Of many sessions several are ended at a time.
//
// Of sealed sessions (see [Sealer]) nobody knows how many there were: n is 0.
//
// [ErrUnsupported] means that the store cannot find an owner's sessions; an
// owner that [Session.Login] refuses is [ErrInvalid]. After what the store
// said some of the sessions may live: call it again.
func (m *Manager) DestroyOwner(ctx context.Context, owner string, except ...ID) (n int, err error) {
	if err := checkOwner(owner); err != nil {
		return 0, err
	}
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	return m.destroyOwner(ctx, owner, except, func() error { return nil })
}

// destroyOwner is DestroyOwner on a condition, which is asked when nobody can
// renew a session of owner any more, and before any is ended.
func (m *Manager) destroyOwner(ctx context.Context, owner string, except []ID, condition func() error) (n int, err error) {
	if m.sealsAll() {
		if err := condition(); err != nil {
			return 0, err
		}
		return 0, m.destroyOwnerSealed(ctx, owner, except)
	}
	if !m.caps.Owners && !m.caps.List {
		return 0, fmt.Errorf("%w: it cannot find the sessions of an owner", ErrUnsupported)
	}
	p := purge{m: m, c: m.scratchCaller(), owner: owner, except: slices.Clone(except), condition: condition, start: whole(m.opts.Now()), traces: make(map[ID]bool)}
	if err = p.spare(ctx); err == nil {
		err = p.run(ctx)
	}
	n = int(p.n.Load())
	if n > 0 {
		m.emit(ctx, Event{Kind: EventDestroyed, Owner: owner, N: n})
	}
	return n, err
}

// A purge ends the sessions of one owner.
type purge struct {
	m         *Manager
	c         caller
	owner     string
	except    []ID
	condition func() error
	start     time.Time
	passes    int // under the present mark
	traces    map[ID]bool
	doomed    []doomed     // of the next wave
	n         atomic.Int64 // sessions ended
}

// run makes passes under a mark until one was complete, and all of it once
// more if the mark did not stand all the while.
func (p *purge) run(ctx context.Context) error {
	for try := 0; ; try++ {
		mark, err := p.c.writeMark(ctx, p.owner)
		full := errors.Is(err, ErrFull)
		if err != nil && !full {
			p.giveUp(ctx, mark)
			return err
		}
		if err := p.condition(); err != nil {
			if !full {
				_ = p.c.endMark(context.WithoutCancel(ctx), mark) // an error was reported, and the mark expires
			}
			return err
		}
		before := p.n.Load()
		if err := p.passAll(ctx); err != nil {
			if !full {
				p.giveUp(ctx, mark)
			}
			return err
		}
		switch {
		case full && p.n.Load() == before:
			return nil // no room for a mark is no room for a login either
		case full:
			continue // now there is room
		}
		err = p.c.endMark(context.WithoutCancel(ctx), mark)
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			return nil // an error that remains was reported, and keeps renewals waiting for two minutes
		}
		if try == maxTries {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// giveUp ends a mark that may stand, when the caller has ended ctx or had no
// more time: nobody waits any more, and no renewal should for what is left
// behind.
func (p *purge) giveUp(ctx context.Context, mark *Record) {
	if mark != nil && lapsed(ctx) {
		_ = p.c.endMark(context.WithoutCancel(ctx), mark)
	}
}

// passAll makes passes until one was complete.
func (p *purge) passAll(ctx context.Context) error {
	p.passes = 0
	for again := true; again; {
		err := ctx.Err()
		if err == nil {
			again, err = p.pass(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pass ends what it finds. A session that is renewed during a pass may hide
// from it, but leaves a trace: a pass that met neither a session nor a trace
// was complete. Traces may stay in the index for a while, so each counts once.
func (p *purge) pass(ctx context.Context) (again bool, err error) {
	p.passes++
	again, err = p.walk(ctx)
	// What was found before an error is ended all the same.
	if serr := p.strike(ctx); err == nil {
		err = serr
	}
	return again, err
}

// walk dooms what it finds.
func (p *purge) walk(ctx context.Context) (again bool, err error) {
	for id, err := range p.m.owned(ctx, p.owner) {
		if err != nil {
			return false, err
		}
		if slices.Contains(p.except, id) {
			continue
		}
		rec, md, err := p.c.load(ctx, id)
		switch {
		case err == nil && rec.Owner != p.owner:
			again = again || !p.traces[id] // a stub: its successor may have escaped
			p.traces[id] = true
			continue
		case !p.mustEnd(rec, err):
			continue
		case err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotFound):
			return false, err
		}
		if err == nil && p.spared(id, &md) {
			continue
		}
		stray, err := p.stray(ctx, rec, &md, err)
		if err == nil {
			err = p.doom(ctx, doomed{id, stray})
		}
		if err != nil {
			return false, err
		}
		again = true
	}
	return again, nil
}

// spare adds to those that stay where rotations have moved them.
func (p *purge) spare(ctx context.Context) error {
	for _, id := range p.except {
		rec, md, err := p.c.load(ctx, id)
		t := trail{rec: rec, meta: md}
		for err == nil && t.meta.state == stateAlias {
			if err = t.step(ctx, &p.c); err == nil {
				p.except = append(p.except, t.rec.ID)
			}
		}
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
			return err
		}
	}
	return nil
}

// spared reports whether a session is one of those that stay, moved by a
// rotation that was under way.
func (p *purge) spared(id ID, md *meta) bool {
	t, ok := md.turn()
	if !ok || !slices.Contains(p.except, t.old) {
		return false
	}
	p.except = append(p.except, id)
	return true
}

// stray reports whether what a load found does not count, because it is no
// session.
func (p *purge) stray(ctx context.Context, rec *Record, md *meta, err error) (bool, error) {
	if err != nil {
		return false, nil
	}
	return p.c.stray(ctx, rec, md)
}

// mustEnd decides about what a load said. The first pass under a mark believes
// no clock: a session that seems to begin after the purge may come from a
// process whose clock is ahead, or from before our own was put back. Later
// passes leave such sessions, since logins may go on.
func (p *purge) mustEnd(rec *Record, err error) bool {
	var r *rejection
	switch {
	case err == nil:
		return p.passes == 1 || !rec.AuthTime.After(p.start)
	case errors.As(err, &r) && r.reason == reasonFuture:
		return p.passes == 1
	}
	return !errors.Is(err, ErrNotFound)
}
