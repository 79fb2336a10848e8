package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// departed looks for the sessions that this pass has not met, though they were
// in FROM before, and ends in TO those that FROM has ended.
func (r *run) departed(ctx context.Context) error {
	if err := r.guard(ctx); err != nil {
		return err
	}
	r.phase(Ending, -1)
	return r.ledger.pages(ctx, r.Batch, func(lines []line) error {
		missed := r.missed(lines)
		if len(missed) == 0 {
			return nil
		}
		if err := r.pace.wait(ctx, len(missed)); err != nil {
			return err
		}
		err := r.depart(ctx, missed)
		r.step(len(missed))
		return err
	})
}

// missed returns those sessions that TO should have and this pass has not met.
func (r *run) missed(lines []line) (missed []line) {
	for _, l := range lines {
		if (l.e.carried() || l.e.fate == fateRefused) && !r.seen.has(l.e.ordinal) {
			missed = append(missed, l)
		}
	}
	return missed
}

// leastEmptied is how many sessions must be missing before that looks like an
// accident.
const leastEmptied = 100

// guard returns [ErrEmptied] if more than half of the sessions that should
// still be live have gone. It counts only if that is possible at all.
func (r *run) guard(ctx context.Context) error {
	if r.Emptied || r.ledger.head.Sessions <= uint64(2*r.met)+leastEmptied {
		return nil
	}
	var gone int64
	now := r.Now().UnixMilli()
	err := r.ledger.pages(ctx, r.Batch, func(lines []line) error {
		for _, l := range r.missed(lines) {
			if l.e.expires > now {
				gone++
			}
		}
		return nil
	})
	if err == nil && gone > leastEmptied && gone > r.met {
		err = fmt.Errorf("%w: %d have gone before their time, and %d are there", ErrEmptied, gone, r.met)
	}
	return err
}

// A departure is a session that a pass has not met.
type departure struct {
	line
	rec  *coatcheck.Record // what FROM has of it after all
	fate fate              // if FROM has it no longer: what became of it in TO
}

// depart looks for sessions in FROM once more, and ends those in TO that are
// not there.
func (r *run) depart(ctx context.Context, missed []line) error {
	all := make([]departure, len(missed))
	err := crew(ctx, r.Workers, len(missed), func(ctx context.Context, i int) error {
		all[i].line = missed[i]
		return r.trace(ctx, &all[i])
	})
	if err != nil {
		return err
	}
	now := r.Now()
	var back []*coatcheck.Record
	for _, d := range all {
		switch {
		case d.rec != nil && d.rec.Live(now):
			back = append(back, d.rec)
			r.changes++ // it hid from the pass, so others may have
		case d.fate != fateCarried:
			d.e.fate = d.fate
			if d.fate == fateEnded {
				r.res.Ended++
			}
			if err := r.ledger.put(ctx, d.id, d.e); err != nil {
				return err
			}
			r.changes++
		}
	}
	return r.batch(ctx, back)
}

// trace decides about one that was not met.
func (r *run) trace(ctx context.Context, d *departure) error {
	err := insist(ctx, r.Patience, func() (err error) {
		d.rec, err = r.From.Load(ctx, d.id)
		return err
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, coatcheck.ErrCorrupt):
		return nil // damaged in FROM: what TO has is sound
	case !errors.Is(err, coatcheck.ErrNotFound):
		return fromError(err)
	}
	if !r.Now().Before(time.UnixMilli(max(d.e.expires, d.e.certain()))) {
		d.fate = fateExpired
		return nil
	}
	d.fate, err = r.to.finish(ctx, d.line, r.Patience)
	return toError(err)
}

// finish ends a session that TO has from us. It leaves one alone that TO's
// users have changed.
func (t target) finish(ctx context.Context, l line, patience time.Duration) (f fate, err error) {
	err = insist(ctx, patience, func() error {
		f = fateEnded
		for range maxRaces {
			cur, err := t.store.Load(ctx, l.id)
			switch {
			case errors.Is(err, coatcheck.ErrNotFound):
				return nil
			case errors.Is(err, coatcheck.ErrCorrupt):
				return t.store.Delete(ctx, l.id)
			case err != nil:
				return err
			case !l.e.ours(cur.Version):
				f = fateKept
				return nil
			}
			if err := t.end(ctx, cur); err != errRace {
				return err
			}
		}
		return errRaces
	})
	return f, err
}

// fromError and toError say which of the stores an error is of.
func fromError(err error) error { return fmt.Errorf("FROM: %w", err) }

func toError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("TO: %w", err)
}
