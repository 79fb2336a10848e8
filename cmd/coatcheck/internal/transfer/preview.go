package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A Preview is what a copy would do.
type Preview struct {
	Sessions int64 `json:"sessions"` // records in FROM
	Bytes    int64 `json:"bytes"`    // of their data
	Create   int64 `json:"create"`   // that TO never had
	Change   int64 `json:"change"`   // that TO has in another form
	End      int64 `json:"end"`      // that TO has from FROM, and FROM no longer
}

// Preview reads FROM and compares it with the state, if there is one. It changes
// neither store, and makes no state. What TO's own users have changed it does
// not know of.
func (c Copy) Preview(ctx context.Context) (p Preview, err error) {
	if c, err = c.filled(); err != nil {
		return p, err
	}
	from, err := lister(c.From)
	if err != nil {
		return p, fmt.Errorf("FROM: %w", err)
	}
	r := &run{Copy: c, from: from, pace: pace{rate: c.Rate}}
	if _, err := os.Stat(c.State); err == nil {
		if r.ledger, err = openLedger(ctx, c.State, c.FromName, c.ToName); err != nil {
			return p, err
		}
		defer r.ledger.close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("%w: %w", ErrState, err)
	}
	r.res.Passes = 1
	r.phase(Reading, total(ctx, c.From))
	err = r.foresee(ctx, &p)
	return p, err
}

// foresee fills in p.
func (r *run) foresee(ctx context.Context, p *Preview) error {
	for page, err := range pages(ctx, r.from, r.Batch, r.Patience) {
		if err != nil {
			return fromError(err)
		}
		if err := r.pace.wait(ctx, len(page)); err != nil {
			return err
		}
		now := r.Now()
		for _, rec := range page {
			if !rec.Live(now) {
				continue
			}
			p.Sessions++
			p.Bytes += int64(len(rec.Data))
			if r.ledger == nil {
				p.Create++
				continue
			}
			e, err := r.ledger.get(ctx, rec.ID)
			if err != nil {
				return err
			}
			switch j := r.compare(rec, e); {
			case j == nil:
			case j.fresh:
				p.Create++
			default:
				p.Change++
			}
		}
		r.step(len(page))
	}
	if r.ledger == nil {
		return nil
	}
	return r.ledger.pages(ctx, r.Batch, func(lines []line) error {
		for _, l := range r.missed(lines) {
			if l.e.expires > r.Now().UnixMilli() {
				p.End++
			}
		}
		return nil
	})
}
