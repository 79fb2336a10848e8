package storetest

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// Each check ends by examining the records that passed through it: see
// [probe.examine]. Those below do what tempts a store into writing to one.
var immutableChecks = []check{
	{"a loaded record outlasts a Replace", func(p *probe) {
		rec := p.stored(p.fresh())
		p.load(rec.ID)
		for range 4 {
			next := successor(rec)
			p.replace(next, rec.Version)
			p.load(rec.ID)
			rec = next
		}
	}},
	{"a loaded record outlasts a Touch", func(p *probe) {
		rec := p.stored(p.fresh())
		p.load(rec.ID)
		for i := range time.Duration(4) {
			p.touch(rec.ID, rec.Expires.Add(i*time.Minute))
			p.load(rec.ID)
		}
	}},
	{"a loaded record outlasts a Delete", func(p *probe) {
		rec := p.stored(p.fresh())
		p.load(rec.ID)
		p.delete(rec.ID)
		p.stored(newRecord(rec.ID, randomOwner(), p.now()))
		p.load(rec.ID)
	}},
	{"a loaded record outlasts the Load of another", func(p *probe) {
		var ids []coatcheck.ID
		for range 4 {
			ids = append(ids, p.stored(p.fresh()).ID)
		}
		for range 2 {
			for _, id := range ids {
				p.load(id)
			}
		}
	}},
	{"a record given to Create is not written to", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Deadline)
		p.replace(stub(rec, p.in(time.Minute)), rec.Version)
		p.delete(rec.ID)
	}},
	{"a record given to Replace is not written to", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Deadline)
		// The store keeps a later Expires than this record has.
		p.replace(successor(rec), rec.Version)
		p.touch(rec.ID, rec.Deadline)
		p.delete(rec.ID)
	}},
	{"a record that is refused is not written to", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		p.exhibit("given to a Replace in vain", next)
		p.wants("Replace at another version", p.store.Replace(p.ctx, next, next.Version), coatcheck.ErrConflict)
		again := newRecord(rec.ID, randomOwner(), p.in(time.Hour))
		p.exhibit("given to a Create in vain", again)
		p.wants("Create over a live record", p.store.Create(p.ctx, again), coatcheck.ErrExists)
	}},
}
