package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A job is a session that is to be carried over.
type job struct {
	rec *coatcheck.Record
	e   *entry

	fresh   bool      // TO never had it
	sure    bool      // TO got it, as the ledger says
	doubted bool      // and then perhaps what was to take its place
	touched bool      // only its deadline has moved
	reborn  bool      // it may not replace what TO got
	until   time.Time // when what TO got ends, if nobody touched it there
	before  uint64    // its version

	outcome outcome
	done    bool
}

// held reports whether TO had the session for certain, which is not to be
// forgotten if nobody learns what comes of this job.
func (j *job) held() bool { return j.sure && !j.reborn }

// An outcome is what was done about a session.
type outcome uint8

const (
	outcomeSame outcome = iota
	outcomeCreated
	outcomeReplaced
	outcomeTouched
	outcomeKept
	outcomeGone
	outcomeRefused
)

// maxRaces is how often a session is looked at anew because somebody else was
// faster.
const maxRaces = 100

// errRaces means that a session changes faster than it can be looked at.
var errRaces = fmt.Errorf("%w: a session of TO changes all the time", coatcheck.ErrConflict)

// do carries the session over. It may be called again after an error.
func (j *job) do(ctx context.Context, t target, patience time.Duration) error {
	first := true
	err := insist(ctx, patience, func() error {
		err := errRace
		if first {
			first = false
			err = j.guess(ctx, t)
		}
		for try := 0; err == errRace; try++ {
			if try == maxRaces {
				return errRaces
			}
			err = j.look(ctx, t)
		}
		return err
	})
	if errors.Is(err, coatcheck.ErrTooLarge) || errors.Is(err, coatcheck.ErrInvalid) {
		j.outcome, err = outcomeRefused, nil
	}
	return err
}

// guess does what is right if TO has what the ledger says, in one call. It
// returns errRace if TO has something else.
func (j *job) guess(ctx context.Context, t target) error {
	switch {
	case j.doubted:
		return errRace
	case j.fresh:
		j.outcome = outcomeCreated
		return race(t.store.Create(ctx, j.rec))
	case j.sure && j.touched:
		j.outcome = outcomeTouched
		return race(t.store.Touch(ctx, j.rec.ID, j.rec.Expires))
	case j.held():
		j.outcome = outcomeReplaced
		return race(t.store.Replace(ctx, j.rec, j.before))
	}
	return errRace
}

// look looks at what TO has, and decides.
func (j *job) look(ctx context.Context, t target) error {
	cur, err := t.store.Load(ctx, j.rec.ID)
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		return j.create(ctx, t)
	case errors.Is(err, coatcheck.ErrCorrupt):
		// TO cannot serve it to anybody, and here is a sound one.
		if err := t.store.Delete(ctx, j.rec.ID); err != nil {
			return err
		}
		j.sure = false
		return errRace
	case err != nil:
		return err
	case cur.Version == j.rec.Version && same(cur, j.rec):
		j.outcome = outcomeSame
		return t.touch(ctx, j.rec, cur)
	case !j.e.ours(cur.Version):
		j.outcome = outcomeKept
		return nil
	}
	if j.outcome = outcomeReplaced; !follows(j.rec, cur) {
		j.sure = false // it will be absent, by our own doing
	}
	return t.put(ctx, j.rec, cur)
}

// clockSkew is by how much the clocks of the two stores may differ.
const clockSkew = 5 * time.Second

// create creates the session that TO has not, unless TO's users have ended it.
func (j *job) create(ctx context.Context, t target) error {
	if j.sure && t.now().Add(clockSkew).Before(j.until) {
		j.outcome = outcomeGone
		return nil
	}
	if !j.rec.Live(t.now()) {
		j.outcome = outcomeSame // it ran out meanwhile
		return nil
	}
	j.outcome = outcomeCreated
	return race(t.store.Create(ctx, j.rec))
}
