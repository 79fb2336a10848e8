package memstore

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// maxPage bounds the length of a page.
const maxPage = 1000

// List implements [coatcheck.Lister]. A page has at most a thousand records,
// whatever limit says, and leaves out what has expired. The order is that of
// the IDs' first bytes, and of creation among IDs with the same one.
func (s *Store) List(ctx context.Context, from string, limit int) (recs []*coatcheck.Record, next string, err error) {
	at, err := s.begin(ctx, from, 2, 16, limit)
	if err != nil {
		return nil, "", err
	}
	now := s.now()
	for limit = min(limit, maxPage); len(recs) < limit && at.shard < shards; {
		page, last, more := s.shards[at.shard].page(at.pos, min(limit-len(recs), batch))
		for _, rec := range page {
			if rec.Live(now) {
				recs = append(recs, rec)
			}
		}
		at.pos = last
		if !more {
			at = cursor{shard: at.shard + 1}
		}
	}
	return recs, at.ofList(), nil
}

// begin checks what the paged methods are given.
func (s *Store) begin(ctx context.Context, from string, shardDigits, posDigits, limit int) (cursor, error) {
	if err := s.usable(ctx); err != nil {
		return cursor{}, err
	}
	if err := checkLimit(limit); err != nil {
		return cursor{}, err
	}
	return parseCursor(from, shardDigits, posDigits)
}

// page returns up to n records behind pos, where to go on, and whether there
// is more.
func (sh *shard) page(pos uint64, n int) (recs []*coatcheck.Record, last uint64, more bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	last, more = sh.order.after(pos, n, func(e *entry) { recs = append(recs, e.rec) })
	return recs, last, more
}
