package ring

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Sweep implements [coatcheck.Sweeper]. It goes on behind a member that does
// not answer; its last batch then returns a [PartialError].
func (r *Ring) Sweep(ctx context.Context, before time.Time, from string, limit int) (coatcheck.SweepResult, error) {
	x, err := r.tour(ctx, from, limit, func(c coatcheck.Capabilities) bool { return c.Sweep }, "sweep")
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	s := x.site()
	var batch coatcheck.SweepResult
	if !x.v.isOut(s.name) {
		err = s.call(ctx, func(ctx context.Context) (err error) {
			batch, err = s.store.(coatcheck.Sweeper).Sweep(ctx, before, x.cursor.inner, limit)
			return err
		})
	}
	switch {
	case err == nil:
	case ctx.Err() != nil || isVerdict(err):
		return batch, err
	default:
		x.cursor.failed = append(x.cursor.failed, s.name)
		batch.Next = ""
	}
	batch.Next = x.next(batch.Next)
	if batch.Next == "" && len(x.cursor.failed) > 0 {
		return batch, &PartialError{Members: x.cursor.failed, Err: err}
	}
	return batch, nil
}
