package memstore

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// Stat implements [coatcheck.Stater]. Bytes is what Options.MaxBytes limits.
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	if err := s.usable(ctx); err != nil {
		return coatcheck.StoreStats{}, err
	}
	return coatcheck.StoreStats{
		Records:    s.budget.sessions.Load(),
		Anonymous:  s.owners.none.Load(),
		Bytes:      s.budget.bytes.Load(),
		MaxRecords: s.budget.sessions.shown(),
		MaxBytes:   s.budget.bytes.shown(),
		Evicted:    s.evicted.Load(),
		Refused:    s.refused.Load(),
	}, nil
}
