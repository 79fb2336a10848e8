package transfer

import (
	"context"
	"iter"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
)

// lister returns the lister of a store, or an error that says that it has none.
func lister(store coatcheck.Store) (coatcheck.Lister, error) {
	l, ok := store.(coatcheck.Lister)
	if !ok || !coatcheck.CapabilitiesOf(store).List {
		return nil, listing.Unable("list its sessions")
	}
	return l, nil
}

// pages yields the records of a store, so many at a time. The next page is
// read while the caller works on one.
func pages(ctx context.Context, from coatcheck.Lister, limit int, patience time.Duration) iter.Seq2[[]*coatcheck.Record, error] {
	type page struct {
		recs []*coatcheck.Record
		err  error
	}
	return func(yield func([]*coatcheck.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := make(chan page)
		defer func() {
			cancel()
			for range ahead { // until nobody uses the store any more
			}
		}()
		go func() {
			defer close(ahead)
			for cursor := ""; ; {
				var p page
				p.err = insist(ctx, patience, func() (err error) {
					var next string
					if p.recs, next, err = from.List(ctx, cursor, limit); err == nil {
						cursor = next
					}
					return err
				})
				select {
				case ahead <- p:
				case <-ctx.Done():
					return
				}
				if p.err != nil || cursor == "" {
					return
				}
			}
		}()
		for p := range ahead {
			if !yield(p.recs, p.err) {
				return
			}
		}
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
		}
	}
}

// CheckSource returns [coatcheck.ErrUnsupported] if a store cannot be read.
func CheckSource(store coatcheck.Store) error {
	_, err := lister(store)
	return err
}

// total returns how many records a store has, −1 if counting them takes more
// than a question.
func total(ctx context.Context, store coatcheck.Store) int64 {
	s, ok := store.(coatcheck.Stater)
	if !ok || !coatcheck.CapabilitiesOf(store).Stat {
		return -1
	}
	stats, err := s.Stat(ctx)
	if err != nil {
		return -1
	}
	return stats.Records
}
