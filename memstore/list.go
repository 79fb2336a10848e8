package memstore

import (
	"context"
	"time"

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
		recs, at = s.page(recs, at, min(limit-len(recs), batch), now)
	}
	return recs, at.ofList(), nil
}

// page appends up to n live records of one shard, and returns where to go on.
func (s *Store) page(recs []*coatcheck.Record, at cursor, n int, now time.Time) ([]*coatcheck.Record, cursor) {
	sh := &s.shards[at.shard]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	last, more := sh.order.after(at.pos, n, func(e *entry) {
		if e.rec.Live(now) {
			recs = append(recs, e.rec)
		}
	})
	if !more {
		return recs, cursor{shard: at.shard + 1}
	}
	return recs, cursor{at.shard, last}
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
