package memstore

import (
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// An entry is the place of a record in the store. It stays the same when
// Replace and Touch put another record there.
type entry struct {
	id coatcheck.ID // never changes

	// These belong to the lock of the entry's shard.
	rec    *coatcheck.Record
	charge charge // what the budget was charged for rec
	seq    uint64 // position in the shard's order
	due    int64  // key in the shard's agenda: when to look whether rec has expired
	slot   int    // index in the shard's agenda

	// This belongs to the lock of the owner.
	ownerSeq uint64 // position in the owner's order

	// These belong to the lock of the queue.
	prev, next *entry
	queued     bool

	used atomic.Bool // whether a client came back since the queue looked last
}

// use notes that a client came back, for the queue.
func (e *entry) use() {
	if e.charge.guest && !e.used.Load() {
		e.used.Store(true)
	}
}
