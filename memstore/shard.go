package memstore

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// shards is how many parts the store is cut into: one for each first byte of
// an ID. IDs are hashes, so the parts are of one size.
const shards = 256

// batch is how many entries are looked at under one lock.
const batch = 256

// A shard holds the records whose IDs begin with one byte. Its lock is held
// for one operation on one record or for one batch. Under it, and never the
// other way round, the locks of the owners, the queue and the journal are
// taken.
type shard struct {
	mu      sync.Mutex
	entries map[coatcheck.ID]*entry
	order   order
	seq     uint64 // last position given in order
	agenda  agenda
	changes uint64 // counts the changes that a snapshot would show
	closed  bool

	// due is when the agenda's first entry is due, readable without the lock.
	due atomic.Int64
}

// live returns the entry of id if its record is live.
func (sh *shard) live(id coatcheck.ID, now time.Time) (*entry, error) {
	if sh.closed {
		return nil, errClosed
	}
	e := sh.entries[id]
	if e == nil || !e.rec.Live(now) {
		return nil, coatcheck.ErrNotFound
	}
	return e, nil
}

// enter gives e a place in the shard.
func (sh *shard) enter(e *entry) {
	if sh.entries == nil {
		sh.entries = map[coatcheck.ID]*entry{}
	}
	sh.entries[e.id] = e
	sh.seq++
	e.seq = sh.seq
	sh.order.add(e.seq, e)
	sh.agenda.add(e)
	sh.noteDue()
	sh.changes++
}

// strike takes e out of the shard.
func (sh *shard) strike(e *entry) {
	delete(sh.entries, e.id)
	sh.order.remove(e.seq)
	sh.agenda.remove(e)
	sh.noteDue()
	sh.changes++
}

// postpone moves an entry that is due but whose record is live.
func (sh *shard) postpone(e *entry) {
	sh.agenda.postpone(e)
	sh.noteDue()
}

// put gives e another record.
func (sh *shard) put(e *entry, rec *coatcheck.Record) {
	e.rec = rec
	sh.agenda.advance(e)
	sh.noteDue()
	sh.changes++
}

// noteDue publishes when the first entry is due.
func (sh *shard) noteDue() {
	due := never
	if len(sh.agenda) > 0 {
		due = sh.agenda[0].due
	}
	if sh.due.Load() != due {
		sh.due.Store(due)
	}
}
