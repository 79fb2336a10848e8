package kvstore

import (
	"context"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// ownersTurn begins the cursors of the second half of a sweep, which looks at
// the entries of owners. A cursor of the first half is an ID.
const ownersTurn = "o"

// foreign is a cursor that no page returns.
const foreign = "?"

// Sweep implements [coatcheck.Sweeper]. It looks at limit keys, a thousand at
// most, one by one: first at all sessions, then at the entries of owners, of
// which it removes those whose sessions have ended. Deleted counts sessions.
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if err := ctx.Err(); err != nil {
		return coatcheck.SweepResult{}, err
	}
	owned, second := strings.CutPrefix(cursor, ownersTurn)
	switch {
	case s.cleaner != nil:
		return s.clean(ctx, before, cursor, limit)
	case !s.indexes():
		return coatcheck.SweepResult{}, unsupported("sweep")
	case second:
		return s.sweepEntries(ctx, before, owned, limit)
	}
	ids, next, err := s.page(ctx, s.sessions(), cursor, limit)
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	result := coatcheck.SweepResult{Next: next}
	for _, id := range ids {
		deleted, err := s.dropExpired(ctx, id, before)
		if err != nil {
			return result, err
		}
		if deleted {
			result.Deleted++
		}
	}
	if result.Next == "" {
		result.Next = ownersTurn
	}
	return result, nil
}

// sweepEntries is the second half. Its cursor is what follows the prefix of
// all entries in the last key.
func (s *Store) sweepEntries(ctx context.Context, before time.Time, cursor string, limit int) (result coatcheck.SweepResult, err error) {
	id := ""
	if cursor != "" && !isEntry(cursor) {
		id = foreign
	}
	if err := checkPage(id, limit); err != nil {
		return result, err
	}
	next, err := s.sweepOwners(ctx, before, cursor, min(limit, maxPage))
	if next != "" {
		result.Next = ownersTurn + next
	}
	return result, err
}
