package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
)

// verify compares all of TO with what the ledger has of FROM. A store that can
// list is read in its own order, and only what that did not show is looked for.
func (r *run) verify(ctx context.Context) error {
	r.seen = nil
	if to, err := lister(r.To); err == nil {
		for page, err := range pages(ctx, to, r.Batch, r.Patience) {
			if err != nil {
				return toError(err)
			}
			if err := r.pace.wait(ctx, len(page)); err != nil {
				return err
			}
			if err := r.verifyPage(ctx, page); err != nil {
				return err
			}
			r.step(len(page))
		}
	}
	return r.ledger.pages(ctx, r.Batch, func(lines []line) error { return r.verifyRest(ctx, lines) })
}

func (r *run) verifyPage(ctx context.Context, page []*coatcheck.Record) error {
	now := r.Now()
	for _, rec := range page {
		if !rec.Live(now) {
			continue
		}
		e, err := r.ledger.get(ctx, rec.ID)
		if err != nil {
			return err
		}
		if e == nil {
			r.res.Own++
			continue
		}
		if !r.seen.has(e.ordinal) {
			r.seen.set(e.ordinal)
			if err := r.judge(ctx, line{rec.ID, e}, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge compares a session of TO with what the ledger says of it.
func (r *run) judge(ctx context.Context, l line, rec *coatcheck.Record) error {
	var sum digest
	sum, r.scratch = digestOf(rec, r.scratch)
	switch l.e.fate {
	case fateKept, fateExpired:
		r.res.Kept++
	case fateEnded, fateGone:
		if l.e.fate == fateEnded && l.e.ours(rec.Version) {
			// It was written when nobody waited for the answer any more.
			r.res.Ended++
			_, err := r.to.finish(ctx, l, r.Patience)
			return toError(err)
		}
		r.res.Own++
	case fateRefused:
		r.res.Refused++
		r.res.example(l.id)
	case fateDoubted: // and FROM's is damaged since, or it would have been carried over
		if l.e.ours(rec.Version) {
			r.res.Verified++
		} else {
			r.res.Kept++
		}
	case fateCarried:
		switch {
		case sum == l.e.sum && rec.Expires.UnixMilli() >= l.e.expires:
			r.res.Verified++
		case !l.e.ours(rec.Version):
			r.res.Kept++
		default:
			r.res.Mismatched++
			r.res.example(l.id)
		}
	}
	return nil
}

// verifyRest looks for the sessions that TO's list did not show.
func (r *run) verifyRest(ctx context.Context, lines []line) error {
	var rest []line
	for _, l := range lines {
		switch {
		case l.e.fate == fateGone:
			r.res.Gone++
		case l.e.fate == fateEnded || l.e.fate == fateExpired || r.seen.has(l.e.ordinal):
		case l.e.fate == fateKept:
			r.res.Kept++
		case l.e.fate == fateRefused:
			r.res.Refused++
			r.res.example(l.id)
		default:
			rest = append(rest, l)
		}
	}
	if err := r.pace.wait(ctx, len(rest)); err != nil {
		return err
	}
	recs := make([]*coatcheck.Record, len(rest))
	err := crew(ctx, r.Workers, len(rest), func(ctx context.Context, i int) error {
		err := insist(ctx, r.Patience, func() (err error) {
			recs[i], err = r.To.Load(ctx, rest[i].id)
			return err
		})
		if errors.Is(err, coatcheck.ErrNotFound) || errors.Is(err, coatcheck.ErrCorrupt) {
			err = nil
		}
		return err
	})
	if err != nil {
		return toError(err)
	}
	soon := r.Now().Add(clockSkew)
	for i, rec := range recs {
		switch {
		case rec != nil:
			if err := r.judge(ctx, rest[i], rec); err != nil {
				return err
			}
		case soon.Before(time.UnixMilli(rest[i].e.expires)):
			r.res.Absent++
			r.res.example(rest[i].id)
		}
	}
	r.step(len(rest))
	return nil
}
