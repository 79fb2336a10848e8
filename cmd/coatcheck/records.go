package main

import (
	"context"
	"errors"
	"iter"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
)

// recordPage is how many records are asked for at once.
const recordPage = 500

// records yields all records that the store lists: sessions, and what is left
// of them. An error ends it.
func (j *job) records(ctx context.Context) iter.Seq2[*coatcheck.Record, error] {
	return func(yield func(*coatcheck.Record, error) bool) {
		lister, ok := j.store.(coatcheck.Lister)
		if !ok || !coatcheck.CapabilitiesOf(j.store).List {
			yield(nil, listing.Unable("list its sessions"))
			return
		}
		for cursor := ""; ; {
			recs, next, err := lister.List(ctx, cursor, recordPage)
			if err == nil && next == cursor && next != "" {
				err = errors.New("the store's listing does not advance")
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, rec := range recs {
				if !yield(rec, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			cursor = next
		}
	}
}
