package bounded

import (
	"context"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Capabilities returns what the other store can.
func (s *Store) Capabilities() coatcheck.Capabilities { return coatcheck.CapabilitiesOf(s.inner) }

// page is what a page of a listing consists of.
type page[T any] struct {
	items []T
	next  string
}

// List implements [coatcheck.Lister].
func (s *Store) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	lister, ok := s.inner.(coatcheck.Lister)
	if !ok || !s.Capabilities().List {
		return nil, "", fmt.Errorf("%w: it cannot list its sessions", coatcheck.ErrUnsupported)
	}
	p, err := ask(ctx, s, func(ctx context.Context) (page[*coatcheck.Record], error) {
		recs, next, err := lister.List(ctx, cursor, limit)
		return page[*coatcheck.Record]{recs, next}, err
	})
	return p.items, p.next, err
}

// Owned implements [coatcheck.OwnerIndex].
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	index, ok := s.inner.(coatcheck.OwnerIndex)
	if !ok || !s.Capabilities().Owners {
		return nil, "", fmt.Errorf("%w: it has no index of owners", coatcheck.ErrUnsupported)
	}
	p, err := ask(ctx, s, func(ctx context.Context) (page[coatcheck.ID], error) {
		ids, next, err := index.Owned(ctx, owner, cursor, limit)
		return page[coatcheck.ID]{ids, next}, err
	})
	return p.items, p.next, err
}

// Sweep implements [coatcheck.Sweeper].
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	sweeper, ok := s.inner.(coatcheck.Sweeper)
	if !ok || !s.Capabilities().Sweep {
		return coatcheck.SweepResult{}, fmt.Errorf("%w: it cannot sweep", coatcheck.ErrUnsupported)
	}
	return ask(ctx, s, func(ctx context.Context) (coatcheck.SweepResult, error) {
		return sweeper.Sweep(ctx, before, cursor, limit)
	})
}

// Stat implements [coatcheck.Stater].
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	stater, ok := s.inner.(coatcheck.Stater)
	if !ok || !s.Capabilities().Stat {
		return coatcheck.StoreStats{}, fmt.Errorf("%w: it cannot count its sessions", coatcheck.ErrUnsupported)
	}
	return ask(ctx, s, stater.Stat)
}

// Watch implements [coatcheck.Watcher]. It lasts as long as ctx does, so it has
// no limit of its own.
func (s *Store) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	return coatcheck.WatchOf(ctx, s.inner, fn)
}
