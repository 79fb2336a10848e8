package coatcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// checkCap refuses a cap of sessions per owner that cannot be kept.
func (m *Manager) checkCap() error {
	switch {
	case m.opts.MaxSessionsPerOwner == 0:
		return nil
	case m.sealsAll():
		return fmt.Errorf("%w: Options.MaxSessionsPerOwner counts sessions, but sealed ones live with their clients only", ErrUnsupported)
	case !m.caps.Owners && !m.caps.List:
		return fmt.Errorf("%w: Options.MaxSessionsPerOwner needs a store that finds the sessions of an owner", ErrUnsupported)
	}
	return nil
}

// A rank is what decides which of an owner's sessions are the oldest: no two
// have the same, and every process ranks them alike.
type rank struct {
	at time.Time
	id ID
}

func rankOf(rec *Record) rank { return rank{rec.AuthTime, rec.ID} }

// compare orders ranks, the oldest first.
func (a rank) compare(b rank) int {
	if c := a.at.Compare(b.at); c != 0 {
		return c
	}
	return bytes.Compare(a.id[:], b.id[:])
}

// A census is a look at an owner's sessions.
type census struct {
	owner  string
	traces map[ID]bool // stubs that were met: what is renewed during a look may hide from it
}

// take returns the ranks of the live sessions, the oldest first. again means
// that a session may have escaped, which the next look will show.
func (n *census) take(ctx context.Context, c *caller) (all []rank, again bool, err error) {
	var moved []ID // away from here, by rotations
	for id, err := range c.m.owned(ctx, n.owner) {
		if err != nil {
			return nil, false, err
		}
		if n.traces[id] {
			continue
		}
		rec, md, err := c.load(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		case err != nil:
			return nil, false, err
		case rec.Owner == n.owner:
			stray, err := c.stray(ctx, rec, &md)
			if err != nil {
				return nil, false, err
			}
			if !stray {
				all = append(all, rankOf(rec))
			}
			if t, ok := md.turn(); ok && !stray {
				moved = append(moved, t.old)
			}
		case md.state == stateStub || md.state == stateAlias:
			n.traces[id], again = true, true
		}
	}
	// What was rotated during the look may have been met at both places.
	all = slices.DeleteFunc(all, func(r rank) bool { return slices.Contains(moved, r.id) })
	slices.SortFunc(all, rank.compare)
	return all, again, nil
}

// place makes sure that the next record of a login is not among those that the
// cap would end. Its rank was taken before it was there for others to see: one
// that began later, or on a machine whose clock is ahead, may be through
// already and have left it alone. Then another record takes its place, behind
// all others; each login that is placed so sees all that were placed before,
// and ends those that are too many. So the last one leaves no more than the
// cap, and nobody ends a session unless enough younger ones are there.
func (r *renewal) place(ctx context.Context, s *Session, c *caller, old *Record) (crowded bool, err error) {
	limit := s.m.opts.MaxSessionsPerOwner
	switch {
	case limit == 0 || r.owner == "":
		return false, nil
	case !r.login:
		return false, r.linger(ctx, s, c, old)
	}
	r.census = census{owner: r.owner, traces: make(map[ID]bool)}
	if old != nil {
		r.census.traces[old.ID] = true // it ends by this login
	}
	for try := 0; ; try++ {
		all, again, err := r.census.take(ctx, c)
		switch {
		case err != nil && ctx.Err() != nil:
			return false, err
		case err != nil:
			r.uncapped(ctx, s, err)
			return false, nil
		}
		crowded = crowded || again || len(all) > limit
		at, _ := slices.BinarySearchFunc(all, rankOf(r.next), rank.compare)
		if len(all)-at <= limit || try == maxTries {
			return crowded, nil
		}
		_ = c.remove(ctx, r.next.ID) // nobody holds its token
		latest := whole(s.m.opts.Now()).Add(maxSkew)
		r.after = earlier(all[len(all)-1].at.Add(time.Millisecond), latest)
		if err := c.create(ctx, func() (*Record, error) { return r.begin(s) }); err != nil {
			return false, err
		}
	}
}

// linger keeps a renewal from hiding a session from a login that is about to end
// the oldest: the index could show that login neither what the session was nor
// what it becomes, so that it counts one too few. While the owner has more
// sessions than the cap, the next record goes again, and the login has a moment
// for its look. Then the renewal goes on, since a cap that was lowered ends nothing
// before a login.
func (r *renewal) linger(ctx context.Context, s *Session, c *caller, old *Record) error {
	if old == nil {
		return nil
	}
	for try := 1; try <= maxLingers; try++ {
		n := census{owner: r.owner, traces: map[ID]bool{old.ID: true}}
		all, _, err := n.take(ctx, c)
		if err != nil {
			return err
		}
		if len(all) <= s.m.opts.MaxSessionsPerOwner {
			return nil
		}
		_ = c.remove(ctx, r.next.ID) // nobody holds its token
		if err := pause(ctx, try); err != nil {
			return err
		}
		if err := c.create(ctx, func() (*Record, error) { return r.begin(s) }); err != nil {
			return err
		}
	}
	return nil
}

// maxLingers is how often a renewal gives way.
const maxLingers = 6

// trim ends the oldest sessions of the owner who has logged in that are too
// many, but none that is younger than the new one: whoever made that does the
// same.
func (r *renewal) trim(ctx context.Context, s *Session, c *caller) {
	ctx = context.WithoutCancel(ctx) // the login has happened
	for try := 0; ; try++ {
		all, again, err := r.census.take(ctx, c)
		if err == nil {
			var moved bool
			moved, err = r.end(ctx, s, c, all)
			again = again || moved
		}
		if err == nil && again && try == maxTries {
			err = ErrConflict
		}
		if err != nil {
			r.uncapped(ctx, s, err)
		}
		if err != nil || !again {
			return
		}
	}
}

// end ends those of all that are too many. If one of them was renewed
// meanwhile, it has moved, and its successor is to be looked for.
func (r *renewal) end(ctx context.Context, s *Session, c *caller, all []rank) (moved bool, err error) {
	mine := rankOf(r.next)
	for _, old := range all[:max(len(all)-s.m.opts.MaxSessionsPerOwner, 0)] {
		if old.compare(mine) >= 0 {
			break
		}
		rec, _, err := c.load(ctx, old.id)
		if err == nil {
			err = c.entomb(ctx, rec, new(lane))
		}
		switch {
		case err == nil:
			s.m.hub.lost(old.id, ErrDestroyed)
			s.m.emit(ctx, Event{Kind: EventDestroyed, ID: old.id, Owner: r.owner, Reason: reasonCap})
		case errors.Is(err, ErrGone):
			moved = true
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt):
			return moved, err
		}
	}
	return moved, nil
}

// uncapped reports that sessions may be too many.
func (r *renewal) uncapped(ctx context.Context, s *Session, err error) {
	s.m.emit(ctx, Event{Kind: EventCapFailure, Owner: r.owner, Err: err})
}
