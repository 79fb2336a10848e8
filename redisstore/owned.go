package redisstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/coatcheck/coatcheck"
)

// maxPage is the greatest number of records or IDs in one page, whatever limit
// was asked for.
const maxPage = 500

// Owned implements [coatcheck.OwnerIndex]. IDs come in their own order. It
// makes two round trips: the second looks for records that have ended, whose
// entries it takes away.
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	if err := s.usable(ctx); err != nil {
		return nil, "", err
	}
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	if owner == "" {
		return nil, "", fmt.Errorf("redisstore: %w: the owner is empty", coatcheck.ErrInvalid)
	}
	if _, err := coatcheck.ParseID(cursor); err != nil && cursor != "" {
		return nil, "", errCursor
	}
	index, limit := s.keys.owner(owner), min(limit, maxPage)
	members, now, err := s.page(ctx, index, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	next := ""
	for i := limit - 1; len(members) == limit && next == "" && i >= 0; i-- {
		if e, ok := parseEntry(members[i]); ok {
			next = e.id.String()
		}
	}
	entries, err := s.sift(ctx, index, members, now)
	if err != nil {
		return nil, "", err
	}
	var ids []coatcheck.ID
	for _, e := range entries {
		// Several entries of one ID stand side by side.
		if n := len(ids); n == 0 || ids[n-1] != e.id {
			ids = append(ids, e.id)
		}
	}
	return ids, next, nil
}

var errCursor = fmt.Errorf("redisstore: %w: the cursor is not one of this method", coatcheck.ErrInvalid)

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("redisstore: %w: limit is %d; it must be at least 1", coatcheck.ErrInvalid, limit)
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
