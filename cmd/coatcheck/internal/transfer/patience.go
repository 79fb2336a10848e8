package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/coatcheck/coatcheck"
)

// verdicts are errors that a store says of a call, so that the same call would
// give the same one again.
func verdict(err error) bool {
	return slices.ContainsFunc([]error{
		coatcheck.ErrNotFound, coatcheck.ErrExists, coatcheck.ErrConflict, coatcheck.ErrFull, coatcheck.ErrTooLarge,
		coatcheck.ErrCorrupt, coatcheck.ErrUnsupported, coatcheck.ErrInvalid, coatcheck.ErrClosed,
	}, func(v error) bool { return errors.Is(err, v) })
}

// insist does something until the store answers, for as long as patience goes:
// servers restart, and connections break. do must find out by itself what
// became of the attempt before.
func insist(ctx context.Context, patience time.Duration, do func() error) error {
	end := time.Now().Add(patience)
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := do()
		if err == nil || verdict(err) || ctx.Err() != nil || !time.Now().Add(wait).Before(end) {
			return err
		}
		if pause(ctx, wait/2+rand.N(wait/2)) != nil {
			return err
		}
	}
}
