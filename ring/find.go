package ring

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/coatcheck/coatcheck"
)

const (
	maxHops  = 8  // stubs that are followed for one look
	maxTries = 10 // times that an operation begins again because of others
)

// errBusy ends an operation that others came between too often.
var errBusy = errors.New("ring: the session was changed or moved too often meanwhile")

// errMoved means that a record is no longer where it was found.
var errMoved = errors.New("ring: the record has moved")

// find returns where the record is, and the record. Nothing found is a cell of
// kindAbsent.
func (c *chain) find(ctx context.Context) (site, cell, error) {
	for _, s := range c.sites {
		at, got, err := c.follow(ctx, s)
		if err != nil || got.kind == kindLive {
			return at, got, err
		}
	}
	return site{}, cell{}, nil
}

// follow looks at s, and where its stubs point to. A stub that has committed a
// move ends with the deadline of that time; if the record is there already, it
// is made one that stays for all who do not know of the change.
func (c *chain) follow(ctx context.Context, s site) (site, cell, error) {
	return c.followOn(ctx, s, 0)
}

// followOn is follow after so many hops.
func (c *chain) followOn(ctx context.Context, s site, hops int) (site, cell, error) {
	var stub cell
	var stubAt site
	for ; hops < maxHops; hops++ {
		got, err := s.place(ctx, c.id)
		if err != nil {
			return s, cell{}, err
		}
		switch got.kind {
		case kindLive:
			if stub.move != 0 {
				_ = c.settle(ctx, stubAt, stub) // else the next visitor does it
			}
			return s, got, nil
		case kindCopy:
			return c.weigh(ctx, s, got, hops)
		case kindStub:
			to, known, err := c.target(got.peer)
			if err != nil || !known {
				return s, cell{}, err
			}
			stub, stubAt, s = got, s, to
		default:
			return s, cell{}, nil
		}
	}
	// Stubs and old copies that point at each other: there is no record between
	// them.
	return s, cell{}, nil
}

// weigh finds out what the copy at s counts for. If its origin has committed
// the move, it becomes the record, by whoever comes first. So many hops led to it.
func (c *chain) weigh(ctx context.Context, s site, got cell, hops int) (site, cell, error) {
	from, known, err := c.target(got.peer)
	if err != nil || !known {
		return s, cell{}, err
	}
	for range maxTries {
		there, err := from.place(ctx, c.id)
		if err != nil {
			return s, cell{}, err
		}
		switch {
		case there.kind == kindLive:
			return from, there, nil
		case there.kind == kindStub && there.peer.peer != s.name:
			return c.followOn(ctx, from, hops+1) // it went another way
		case there.kind == kindStub && there.move == got.move && there.move != 0:
			err = c.activate(ctx, s, got, from, there)
		case there.kind == kindStub, there.kind == kindCopy:
			// The move is over, or it was another one, or the record has gone
			// and is coming back: look again.
		default:
			return s, cell{}, nil
		}
		if err != nil && !isRace(err) {
			return s, cell{}, err
		}
		again, err := s.place(ctx, c.id)
		switch {
		case err != nil:
			return s, cell{}, err
		case again.kind == kindLive:
			return s, again, nil
		case again.kind == kindStub:
			return c.followOn(ctx, s, hops+1)
		case again.kind != kindCopy:
			return s, cell{}, nil
		case again.raw.Version == got.raw.Version && there.move != got.move:
			return s, cell{}, nil // a copy of what is over
		}
		got = again
	}
	return s, cell{}, errBusy
}

// isRace reports whether err means that somebody else was faster.
func isRace(err error) bool {
	return errors.Is(err, coatcheck.ErrConflict) || errors.Is(err, coatcheck.ErrNotFound) ||
		errors.Is(err, coatcheck.ErrExists) || errors.Is(err, errMoved)
}

// cannot reports whether err means that a member cannot take a record, as
// opposed to that nobody knows whether it has.
func cannot(err error) bool {
	return errors.Is(err, coatcheck.ErrFull) || errors.Is(err, coatcheck.ErrTooLarge)
}

// pause waits between two tries: not at all at first, and then for longer and
// longer, since whoever was faster may need a moment to finish.
func pause(ctx context.Context, try int) error {
	if try < 2 {
		return nil
	}
	timer := time.NewTimer(rand.N(min(time.Millisecond<<try, 100*time.Millisecond)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
