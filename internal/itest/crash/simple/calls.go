//go:build linux

package simple

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// live returns the live record of id, or ErrNotFound.
func (s *Store) live(id coatcheck.ID) (*coatcheck.Record, error) {
	rec := s.recs[id]
	if rec == nil || !rec.Live(s.opts.Now()) {
		return nil, coatcheck.ErrNotFound
	}
	return rec, nil
}

// Load implements [coatcheck.Store].
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (rec *coatcheck.Record, err error) {
	err = s.do(ctx, func() error {
		rec, err = s.live(id)
		return err
	})
	return rec, err
}

// Create implements [coatcheck.Store].
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.do(ctx, func() error {
		if _, err := s.live(rec.ID); err == nil {
			return coatcheck.ErrExists
		}
		return s.keep(rec.ID, rec)
	})
}

// Replace implements [coatcheck.Store].
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.do(ctx, func() error {
		cur, err := s.live(rec.ID)
		if err != nil {
			return err
		}
		if cur.Version != old {
			return coatcheck.ErrConflict
		}
		return s.keep(rec.ID, rec.Touched(cur.Expires))
	})
}

// Touch implements [coatcheck.Store].
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.do(ctx, func() error {
		cur, err := s.live(id)
		if err != nil {
			return err
		}
		if later := cur.Touched(expires); later != cur {
			return s.keep(id, later)
		}
		return nil
	})
}

// Delete implements [coatcheck.Store].
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.do(ctx, func() error {
		if s.recs[id] == nil {
			return nil
		}
		return s.keep(id, nil)
	})
}
