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

// entryForm is the length of what follows the prefix in the key of an entry:
// two hashes in hexadecimal and a dot.
const entryForm = 64 + 1 + 64

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
	_, id, dot := strings.Cut(cursor, ".")
	if cursor != "" && (!dot || len(cursor) != entryForm) {
		id = foreign
	}
	if err := checkPage(id, limit); err != nil {
		return result, err
	}
	after := ""
	if cursor != "" {
		after = s.owners() + cursor
	}
	last, err := s.sweepOwners(ctx, before, after, min(limit, maxPage))
	if last != "" {
		result.Next = ownersTurn + strings.TrimPrefix(last, s.owners())
	}
	return result, err
}
