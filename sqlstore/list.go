package sqlstore

import (
	"context"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// List implements [coatcheck.Lister]. A page has at most five hundred records,
// whatever limit says, and leaves out what has expired or is damaged; the
// latter is logged. The order is that of the IDs, and each page is found by the
// primary key.
func (s *Store) List(ctx context.Context, cursor string, limit int) (recs []*coatcheck.Record, next string, err error) {
	after, limit, err := s.page(ctx, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	for try := 0; ; try++ {
		recs, damaged, next, err := s.listed(ctx, after, limit)
		if err == nil {
			for _, id := range damaged {
				s.opts.Logger.WarnContext(ctx, "sqlstore: a session's row is damaged", "id", id)
			}
			return recs, next, nil
		}
		if !s.again(ctx, try, err, reading) {
			return nil, "", s.failed(ctx, "list", err)
		}
	}
}

// page checks what the paged methods are given.
func (s *Store) page(ctx context.Context, cursor string, limit int) ([]byte, int, error) {
	if err := s.usable(ctx); err != nil {
		return nil, 0, err
	}
	if err := checkLimit(limit); err != nil {
		return nil, 0, err
	}
	after, err := parseID(cursor)
	return after, min(limit, maxPage), err
}

// listed is one attempt of List.
func (s *Store) listed(ctx context.Context, after []byte, limit int) (recs []*coatcheck.Record, damaged []coatcheck.ID, next string, err error) {
	var id idBlob
	var r row
	now, seen := s.opts.Now(), 0
	err = s.list.rows(ctx, []any{after, int64(limit)}, func() error {
		seen++
		rec, err := r.record(coatcheck.ID(id))
		switch {
		case err != nil:
			damaged = append(damaged, coatcheck.ID(id))
		case rec.Live(now):
			recs = append(recs, rec)
		}
		return nil
	}, &id, &r.head, &r.data, &r.expires)
	if seen == limit {
		next = coatcheck.ID(id).String()
	}
	return recs, damaged, next, err
}

// Owned implements [coatcheck.OwnerIndex]. The index is the database's, so an
// entry comes and goes with its record; that of an expired one stays until the
// record is swept. A page has at most five hundred IDs.
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) (ids []coatcheck.ID, next string, err error) {
	after, limit, err := s.page(ctx, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	if owner == "" {
		return nil, "", fmt.Errorf("sqlstore: %w: owner is empty, which means no owner", coatcheck.ErrInvalid)
	}
	for try := 0; ; try++ {
		ids = nil
		var id idBlob
		err := s.owned.rows(ctx, []any{[]byte(owner), after, int64(limit)}, func() error {
			ids = append(ids, coatcheck.ID(id))
			return nil
		}, &id)
		if err == nil {
			break
		}
		if !s.again(ctx, try, err, reading) {
			return nil, "", s.failed(ctx, "owned", err)
		}
	}
	if len(ids) == limit {
		next = ids[limit-1].String()
	}
	return ids, next, nil
}
