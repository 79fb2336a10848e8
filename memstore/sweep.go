package memstore

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Sweep implements [coatcheck.Sweeper]. It knows what is due and does not look
// at the rest, so a sweep costs little more than what it deletes.
func (s *Store) Sweep(ctx context.Context, before time.Time, from string, limit int) (coatcheck.SweepResult, error) {
	at, err := s.begin(ctx, from, 2, 0, limit)
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	deleted := 0
	for deleted < limit && at.shard < shards && ctx.Err() == nil {
		n, more := s.reap(&s.shards[at.shard], before, min(limit-deleted, batch))
		deleted += n
		if !more {
			at.shard++
		}
	}
	return coatcheck.SweepResult{Deleted: deleted, Next: at.ofSweep()}, nil
}

// reap removes up to limit records of a shard that had expired at before, and
// reports whether there may be more. It looks at a bounded number of entries.
func (s *Store) reap(sh *shard, before time.Time, limit int) (removed int, more bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return 0, false
	}
	for range batch {
		if removed == limit {
			return removed, true
		}
		e, due := sh.agenda.first(before)
		if !due {
			return removed, false
		}
		if e.rec.Live(before) {
			sh.postpone(e)
			continue
		}
		s.remove(sh, e)
		removed++
	}
	return removed, true
}
