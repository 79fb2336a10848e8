package kvstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// maxPage bounds the length of a page.
const maxPage = 1000

// List implements [coatcheck.Lister]. IDs come in ascending order; what has
// expired is left out, and so is what is damaged. It makes a call for each
// record of the page.
func (s *Store) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if s.scanner == nil {
		return nil, "", unsupported("list its sessions")
	}
	ids, next, err := s.page(ctx, s.sessions(), cursor, limit)
	if err != nil {
		return nil, "", err
	}
	recs := make([]*coatcheck.Record, 0, len(ids))
	for _, id := range ids {
		it, err := s.live(ctx, id)
		switch {
		case err == nil:
			recs = append(recs, it.Record)
		case errors.Is(err, coatcheck.ErrNotFound), errors.Is(err, coatcheck.ErrCorrupt):
		default:
			return nil, "", err
		}
	}
	return recs, next, nil
}

// page returns the IDs at the end of up to limit keys that begin with prefix. A
// cursor is the last ID of the page before.
func (s *Store) page(ctx context.Context, prefix, cursor string, limit int) (ids []coatcheck.ID, next string, err error) {
	if err := checkPage(cursor, limit); err != nil {
		return nil, "", err
	}
	ends, more, err := s.scan(ctx, prefix, cursor, min(limit, maxPage), isID)
	if err != nil {
		return nil, "", err
	}
	for _, end := range ends {
		id, _ := coatcheck.ParseID(end) // isID has seen it
		ids = append(ids, id)
	}
	if more {
		next = ends[len(ends)-1]
	}
	return ids, next, nil
}

// scan returns what follows the prefix in some keys, up to limit of them, from
// the first one behind after ("" is the start), without those that are not ours.
// There may be more only behind one of ours, so that a walk can go on from there.
func (s *Store) scan(ctx context.Context, prefix, after string, limit int, ours func(end string) bool) (ends []string, more bool, err error) {
	from := ""
	if after != "" {
		from = prefix + after
	}
	for {
		keys, err := s.scanner.Scan(ctx, prefix, from, limit)
		if err != nil {
			return nil, false, err
		}
		for _, key := range keys {
			if end := strings.TrimPrefix(key, prefix); ours(end) {
				ends = append(ends, end)
			}
		}
		if len(keys) < limit {
			return ends, false, nil
		}
		if len(ends) > 0 {
			return ends, true, nil
		}
		from = keys[len(keys)-1]
	}
}

// checkPage finds what is wrong with a limit or a cursor.
func checkPage(cursor string, limit int) error {
	if limit < 1 {
		return invalid("a limit of %d; 1 is the least", limit)
	}
	if cursor != "" && !isID(cursor) {
		return invalid("a cursor that no page returned")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("kvstore: %w: "+format, append([]any{coatcheck.ErrInvalid}, args...)...)
}

func unsupported(what string) error {
	return fmt.Errorf("kvstore: %w: the key-value API beneath cannot %s", coatcheck.ErrUnsupported, what)
}
