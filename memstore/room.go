package memstore

import (
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
)

// isFull reports whether err is one of the budget's.
func isFull(err error) bool {
	return err != nil && errors.Is(err, coatcheck.ErrFull)
}

// makeRoom removes something, so that a record charged to may take the place of
// one charged from, that of keep (nil when there is none): expired records
// first, then the anonymous session that was not used for longest. It returns
// why not if there is nothing to remove, or no point in it.
func (s *Store) makeRoom(why error, keep *entry, from, to charge, now time.Time) error {
	if s.removeExpired(now) || s.budget.feasible(from, to) && s.evict(keep) {
		return nil
	}
	s.refused.Add(1)
	return why
}

// removeExpired removes some expired records, if there are any. The shards
// tell without their locks whether anything is due in them.
func (s *Store) removeExpired(now time.Time) bool {
	at := now.UnixMilli()
	for i := range s.shards {
		sh := &s.shards[i]
		for more := sh.due.Load() <= at; more; {
			var removed int
			if removed, more = s.reap(sh, now, batch); removed > 0 {
				return true
			}
		}
	}
	return false
}

// evict removes the anonymous session that is next in the queue, but not that
// of keep.
func (s *Store) evict(keep *entry) bool {
	for {
		e := s.queue.pop(keep)
		if e == nil {
			return false
		}
		if s.drop(e) {
			return true
		}
	}
}

// drop removes an entry that was taken from the queue, unless something has
// happened to it meanwhile.
func (s *Store) drop(e *entry) bool {
	sh := s.shard(e.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed || sh.entries[e.id] != e || !e.charge.guest {
		return false
	}
	s.remove(sh, e)
	s.evicted.Add(1)
	return true
}
