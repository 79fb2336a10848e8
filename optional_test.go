package coatcheck_test

import (
	"context"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// plainly hides every optional ability of the store beneath, listable all but one,
// and the pages of a stuck one never end.
type (
	plainly  struct{ coatcheck.Store }
	listable struct {
		coatcheck.Store
		coatcheck.Lister
	}
	stuck struct{ coatcheck.Store }
)

func (stuck) List(context.Context, string, int) ([]*coatcheck.Record, string, error) {
	return nil, "here", nil
}

func TestStatOfAnyStore(t *testing.T) {
	inner := shelf(t, nil)
	m := manage(t, inner, nil)
	newVisitor(t, m).begin()
	newVisitor(t, m).begin().login("ada")

	counted, err := coatcheck.StatOf(t.Context(), inner)
	expectNil(t, err)
	expectEqual(t, "limit", counted.MaxRecords > 0, true) // the store itself was asked

	walked, err := coatcheck.StatOf(t.Context(), listable{inner, inner})
	expectNil(t, err)
	expectEqual(t, "records", walked.Records, counted.Records)
	expectEqual(t, "anonymous", walked.Anonymous, counted.Anonymous)
	expectEqual(t, "evicted", walked.Evicted, -1)
	expectEqual(t, "bytes", walked.Bytes > 0 && walked.Bytes <= counted.Bytes, true)

	_, err = coatcheck.StatOf(t.Context(), plainly{inner})
	expectError(t, err, coatcheck.ErrUnsupported)
	_, err = coatcheck.StatOf(t.Context(), stuck{inner})
	expectEqual(t, "a listing that stands still is an error", err != nil, true)
}

func TestWatchOfAnyStore(t *testing.T) {
	inner := shelf(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	expectError(t, coatcheck.WatchOf(ctx, inner, func(coatcheck.Change) {}), context.Canceled)
	expectError(t, coatcheck.WatchOf(t.Context(), plainly{inner}, nil), coatcheck.ErrUnsupported)
}
