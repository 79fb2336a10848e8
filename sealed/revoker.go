package sealed

import (
	"context"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// errUnrevocable is what the methods of a store say that has no Revoker.
var errUnrevocable = fmt.Errorf("sealed: %w: Options.AllowUnrevocable is set, so there is no store", coatcheck.ErrUnsupported)

// revoker returns the store beneath.
func (s *Store) revoker() (coatcheck.Store, error) {
	if s.opts.Revoker == nil {
		return nil, errUnrevocable
	}
	return s.opts.Revoker, nil
}

// Capabilities returns those of the Revoker, without listing: it holds no
// sessions that could be listed.
func (s *Store) Capabilities() coatcheck.Capabilities {
	if s.opts.Revoker == nil {
		return coatcheck.Capabilities{}
	}
	can := coatcheck.CapabilitiesOf(s.opts.Revoker)
	can.List, can.Owners = false, false
	return can
}

// Load implements [coatcheck.Store] by the Revoker.
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	r, err := s.revoker()
	if err != nil {
		return nil, err
	}
	return r.Load(ctx, id)
}

// Create implements [coatcheck.Store] by the Revoker.
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	r, err := s.revoker()
	if err != nil {
		return err
	}
	return r.Create(ctx, rec)
}

// Replace implements [coatcheck.Store] by the Revoker.
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	r, err := s.revoker()
	if err != nil {
		return err
	}
	return r.Replace(ctx, rec, old)
}

// Touch implements [coatcheck.Store] by the Revoker.
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	r, err := s.revoker()
	if err != nil {
		return err
	}
	return r.Touch(ctx, id, expires)
}

// Delete implements [coatcheck.Store] by the Revoker.
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	r, err := s.revoker()
	if err != nil {
		return err
	}
	return r.Delete(ctx, id)
}

// Sweep implements [coatcheck.Sweeper] by the Revoker, where it is one.
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if w, ok := s.opts.Revoker.(coatcheck.Sweeper); ok {
		return w.Sweep(ctx, before, cursor, limit)
	}
	return coatcheck.SweepResult{}, fmt.Errorf("sealed: %w: the Revoker cannot sweep", coatcheck.ErrUnsupported)
}

// Stat implements [coatcheck.Stater] by the Revoker, where it is one: its
// figures are those of revocations, and of whatever else it holds.
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if w, ok := s.opts.Revoker.(coatcheck.Stater); ok {
		return w.Stat(ctx)
	}
	return coatcheck.StoreStats{}, fmt.Errorf("sealed: %w: the Revoker cannot count", coatcheck.ErrUnsupported)
}

// Watch implements [coatcheck.Watcher] by the Revoker, where it is one: a
// session that has ended appears as a change of its ID.
func (s *Store) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	if w, ok := s.opts.Revoker.(coatcheck.Watcher); ok {
		return w.Watch(ctx, fn)
	}
	return fmt.Errorf("sealed: %w: the Revoker does not report changes", coatcheck.ErrUnsupported)
}
