package coatcheck

import (
	"encoding/binary"
	"sync"
)

// indexes remember where the keys are in records that this process loaded or
// saved lately. The requests of one visitor come in bursts, and a record of
// the same ID, version and checksum has the same data: what was found out about
// it need not be found out again. Only offsets are remembered, never data.
type indexes struct {
	slots [indexSlots]index
}

// indexSlots is how many sessions are remembered, in 64 KiB.
const indexSlots = 512

// An index is where the keys of one record are. Two cache lines hold it.
type index struct {
	mu      sync.Mutex
	version uint64
	id      [8]byte // its first bytes; the checksum covers all of them
	sum     uint32
	size    uint32 // length of the data
	n       uint32 // of list
	list    [fewFields]field
}

// slot is where the index of a record belongs.
func (x *indexes) slot(rec *Record) *index {
	return &x.slots[binary.LittleEndian.Uint16(rec.ID[8:])%indexSlots]
}

// find makes f the index of rec's data, if that is known. rec has been checked.
func (x *indexes) find(rec *Record, f *fields) bool {
	at := x.slot(rec)
	if !at.mu.TryLock() {
		return false // another's turn, who would wait for that?
	}
	same := at.version == rec.Version && at.sum == sumOf(rec) && at.id == rec.ID.short() && int(at.size) == len(rec.Data)
	if same {
		f.inline = at.list
		f.buf, f.list = rec.Data, f.inline[:at.n]
	}
	at.mu.Unlock()
	return same
}

// note remembers the index of rec's data, in the place of another one.
func (x *indexes) note(rec *Record, list []field) {
	if len(list) > fewFields {
		return
	}
	at := x.slot(rec)
	if !at.mu.TryLock() {
		return
	}
	at.version, at.sum, at.id, at.size = rec.Version, sumOf(rec), rec.ID.short(), uint32(len(rec.Data))
	at.n = uint32(copy(at.list[:], list))
	at.mu.Unlock()
}
