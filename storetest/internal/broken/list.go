package broken

import (
	"context"
	"strconv"

	"github.com/coatcheck/coatcheck"
)

var lists = []Store{
	{"list-by-offset", func(r *Reference) coatcheck.Store { return listByOffset{r} }},
	{"list-one-too-many", func(r *Reference) coatcheck.Store { return listOneMore{r} }},
	{"list-loses-last-page", func(r *Reference) coatcheck.Store { return listLosesLast{r} }},
	{"list-repeats-cursor", func(r *Reference) coatcheck.Store { return listRepeats{r} }},
	{"list-starts-over-at-bad-cursor", func(r *Reference) coatcheck.Store { return listLenient{r} }},
	{"list-without-data", func(r *Reference) coatcheck.Store { return listBare{r} }},
	{"list-unlimited-at-zero", func(r *Reference) coatcheck.Store { return listUnlimited{r} }},
	{"list-in-order-of-change", func(r *Reference) coatcheck.Store { return &listByChange{Reference: r} }},
	{"list-remembers-deleted", func(r *Reference) coatcheck.Store { return newListRemembers(r) }},
}

// listByOffset counts from the start, so that a deletion before the page moves
// records out of it.
type listByOffset struct{ *Reference }

func (s listByOffset) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	offset := 0
	if cursor != "" {
		n, err := strconv.ParseUint(cursor, 10, 31)
		if err != nil {
			return nil, "", coatcheck.ErrInvalid
		}
		offset = int(n)
	}
	if err := s.beginPage(ctx, limit); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	ids, _ := sorted(s.records, "")
	ids = ids[min(offset, len(ids)):]
	page, next := cut(ids, limit)
	if next != "" {
		next = strconv.Itoa(offset + limit)
	}
	return s.all(page), next, nil
}

// listOneMore gives more than was asked for.
type listOneMore struct{ *Reference }

func (s listOneMore) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	return s.Reference.List(ctx, cursor, max(limit, limit+min(limit, 1)))
}

// listLosesLast ends one page too early when the last one is not full.
type listLosesLast struct{ *Reference }

func (s listLosesLast) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	recs, next, err := s.Reference.List(ctx, cursor, limit)
	if cursor != "" && len(recs) < limit {
		return nil, "", err
	}
	return recs, next, err
}

// listRepeats begins a page with the last record of the page before.
type listRepeats struct{ *Reference }

func (s listRepeats) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	recs, next, err := s.Reference.List(ctx, cursor, limit)
	if err != nil || cursor == "" || len(recs) == limit {
		return recs, next, err
	}
	id, _ := coatcheck.ParseID(cursor)
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec := s.records[id]; rec != nil {
		recs = append(recs, rec)
	}
	return recs, next, nil
}

// listLenient takes a cursor that it does not understand for none.
type listLenient struct{ *Reference }

func (s listLenient) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if _, err := coatcheck.ParseID(cursor); err != nil {
		cursor = ""
	}
	return s.Reference.List(ctx, cursor, limit)
}

// listBare leaves out what is long.
type listBare struct{ *Reference }

func (s listBare) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	recs, next, err := s.Reference.List(ctx, cursor, limit)
	for i, rec := range recs {
		c := *rec
		c.Data = nil
		recs[i] = &c
	}
	return recs, next, err
}

// listUnlimited takes a limit below one for none.
type listUnlimited struct{ *Reference }

func (s listUnlimited) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if limit < 1 {
		limit = 1 << 30
	}
	return s.Reference.List(ctx, cursor, limit)
}
