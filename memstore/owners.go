package memstore

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// owners is the index of records by owner. It changes under the lock of the
// record's shard, so it always agrees with the records; its own locks are held
// for one entry or one page.
type owners struct {
	seed  maphash.Seed
	parts [64]ownerPart
	none  atomic.Int64 // counts the records without an owner
}

type ownerPart struct {
	mu     sync.Mutex
	orders map[string]*order
	seq    uint64 // last position given in an order of this part
}

func (o *owners) part(owner string) *ownerPart {
	return &o.parts[maphash.String(o.seed, owner)%uint64(len(o.parts))]
}

// add enters e under the owner of its record.
func (o *owners) add(e *entry) {
	owner := e.rec.Owner
	if owner == "" {
		o.none.Add(1)
		return
	}
	p := o.part(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.orders == nil {
		p.orders = map[string]*order{}
	}
	of := p.orders[owner]
	if of == nil {
		of = new(order)
		p.orders[owner] = of
	}
	p.seq++
	e.ownerSeq = p.seq
	of.add(p.seq, e)
}

// remove takes e out from under the owner of its record.
func (o *owners) remove(e *entry) {
	owner := e.rec.Owner
	if owner == "" {
		o.none.Add(-1)
		return
	}
	p := o.part(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.orders[owner]
	of.remove(e.ownerSeq)
	if of.len() == 0 {
		delete(p.orders, owner)
	}
}

// page returns up to n IDs of an owner behind pos, where to go on, and whether
// there is more.
func (o *owners) page(owner string, pos uint64, n int) (ids []coatcheck.ID, last uint64, more bool) {
	p := o.part(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.orders[owner]
	if of == nil {
		return nil, 0, false
	}
	last, more = of.after(pos, n, func(e *entry) { ids = append(ids, e.id) })
	return ids, last, more
}
