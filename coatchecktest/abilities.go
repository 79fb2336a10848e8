package coatchecktest

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Capabilities returns those of the store beneath.
func (s *Store) Capabilities() coatcheck.Capabilities { return coatcheck.CapabilitiesOf(s.inner) }

// List implements [coatcheck.Lister] by the store beneath.
func (s *Store) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if l, ok := s.inner.(coatcheck.Lister); ok {
		return l.List(ctx, cursor, limit)
	}
	return nil, "", coatcheck.ErrUnsupported
}

// Owned implements [coatcheck.OwnerIndex] by the store beneath.
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	if i, ok := s.inner.(coatcheck.OwnerIndex); ok {
		return i.Owned(ctx, owner, cursor, limit)
	}
	return nil, "", coatcheck.ErrUnsupported
}

// Sweep implements [coatcheck.Sweeper] by the store beneath.
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if w, ok := s.inner.(coatcheck.Sweeper); ok {
		return w.Sweep(ctx, before, cursor, limit)
	}
	return coatcheck.SweepResult{}, coatcheck.ErrUnsupported
}

// Stat implements [coatcheck.Stater] by the store beneath.
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if st, ok := s.inner.(coatcheck.Stater); ok {
		return st.Stat(ctx)
	}
	return coatcheck.StoreStats{}, coatcheck.ErrUnsupported
}

// Watch implements [coatcheck.Watcher] by the store beneath.
func (s *Store) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	if w, ok := s.inner.(coatcheck.Watcher); ok {
		return w.Watch(ctx, fn)
	}
	return coatcheck.ErrUnsupported
}
