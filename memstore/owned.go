package memstore

import (
	"context"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// Owned implements [coatcheck.OwnerIndex]. An entry comes and goes with its
// record; only that of an expired one stays until the record is swept. A page
// has at most a thousand IDs. The order is that of creation.
func (s *Store) Owned(ctx context.Context, owner, from string, limit int) (ids []coatcheck.ID, next string, err error) {
	at, err := s.begin(ctx, from, 0, 16, limit)
	if err != nil {
		return nil, "", err
	}
	if owner == "" {
		return nil, "", fmt.Errorf("memstore: %w: owner is empty, which means no owner", coatcheck.ErrInvalid)
	}
	ids, last, more := s.owners.page(owner, at.pos, min(limit, maxPage))
	if !more {
		return ids, "", nil
	}
	return ids, cursor{pos: last}.ofOwned(), nil
}
