package redisstore

import (
	"context"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// List implements [coatcheck.Lister]. Records come in the order of their IDs.
// The first pages are empty until the store has read the IDs of all records,
// which takes 32 bytes of memory for each while the listing goes on. A cursor
// works with any store on the same servers; one that does not know it begins by
// reading the IDs, too.
//
// While a cluster moves slots from server to server, the IDs are read two or
// three times over: only a record that moves to and fro meanwhile may be
// missed. A damaged record is left out.
func (s *Store) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	if err := s.usable(ctx); err != nil {
		return nil, "", err
	}
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	name, last, err := parseListCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	c := s.listing.find(name)
	select {
	case c.busy <- struct{}{}:
		defer func() { <-c.busy }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	if err := c.advance(ctx, s); err != nil {
		return nil, "", err
	}
	if !c.ready {
		return nil, listCursor(c.name, last), nil
	}
	ids := c.behind(last)
	page := ids[:min(len(ids), limit, maxPage)]
	recs, err := s.loadAll(ctx, page)
	if err != nil {
		return nil, "", err
	}
	if len(page) == len(ids) {
		s.listing.end(c)
		return recs, "", nil
	}
	return recs, listCursor(c.name, &page[len(page)-1]), nil
}

// loadAll returns the records of ids that are live and sound.
func (s *Store) loadAll(ctx context.Context, ids []coatcheck.ID) (recs []*coatcheck.Record, err error) {
	found := make([]*coatcheck.Record, len(ids))
	now := s.now()
	err = s.each(ctx, ids, fields, func(i int, values []valkey.ValkeyMessage) {
		if rec, err := decodeFields(ids[i], values); err == nil && rec.Live(now) {
			found[i] = rec
		}
	})
	for _, rec := range found {
		if rec != nil {
			recs = append(recs, rec)
		}
	}
	return recs, err
}

// A cursor of List is the name of a catalogue and the last ID that was shown,
// if there was one, in hexadecimal digits.
func listCursor(name string, last *coatcheck.ID) string {
	if last == nil {
		return name
	}
	return name + last.String()
}

func parseListCursor(cursor string) (name string, last *coatcheck.ID, err error) {
	if cursor == "" {
		return "", nil, nil
	}
	if len(cursor) < nameLength || !isHex(cursor) {
		return "", nil, errCursor
	}
	if rest := cursor[nameLength:]; rest != "" {
		id, err := coatcheck.ParseID(rest)
		if err != nil {
			return "", nil, errCursor
		}
		last = &id
	}
	return cursor[:nameLength], last, nil
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
