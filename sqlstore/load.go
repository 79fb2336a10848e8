package sqlstore

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// Load implements [coatcheck.Store]. It is one query by the primary key.
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		rec, err := s.find(ctx, id)
		if err == nil {
			return rec, nil
		}
		if !s.again(ctx, try, err, reading) {
			return nil, s.failed(ctx, "load", err)
		}
	}
}

// find is one attempt of Load.
func (s *Store) find(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	r, err := s.fetch(ctx, id)
	if err != nil {
		return nil, err
	}
	rec, err := r.record(id)
	if err != nil {
		return nil, err
	}
	if !rec.Live(s.opts.Now()) {
		return nil, coatcheck.ErrNotFound
	}
	return rec, nil
}

// fetch reads the row of an ID.
func (s *Store) fetch(ctx context.Context, id coatcheck.ID) (*row, error) {
	if s.direct {
		r, sure, err := s.load.direct(ctx, id)
		if sure {
			return r, err
		}
	}
	var r row
	if err := s.load.row(ctx, []any{id[:]}, &r.head, &r.data, &r.expires); err != nil {
		return nil, err
	}
	return &r, nil
}
