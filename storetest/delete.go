package storetest

import "github.com/coatcheck/coatcheck"

var deleteChecks = []check{
	{"removes the record", func(p *probe) {
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		p.absent(rec.ID)
		p.wants("Replace of a deleted record", p.store.Replace(p.ctx, successor(rec), rec.Version), coatcheck.ErrNotFound)
		p.wants("Touch of a deleted record", p.store.Touch(p.ctx, rec.ID, rec.Deadline), coatcheck.ErrNotFound)
		p.absent(rec.ID)
	}},
	{"of an absent record is no error", func(p *probe) {
		p.delete(p.id())
	}},
	{"twice is no error", func(p *probe) {
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		p.delete(rec.ID)
		p.absent(rec.ID)
	}},
	{"of an expired record is no error", func(p *probe) {
		rec := p.stored(p.expired())
		p.delete(rec.ID)
		p.absent(rec.ID)
	}},
	{"leaves other records alone", func(p *probe) {
		rec, other := p.stored(p.fresh()), p.fresh()
		other.Owner = rec.Owner
		p.stored(stamp(other))
		p.delete(rec.ID)
		p.holds(other)
	}},
	{"leaves nothing behind for the next record of the ID", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Deadline)
		p.delete(rec.ID)
		next := p.stored(newRecord(rec.ID, "", p.now()))
		p.holds(next)
		p.wants("Replace at the version of the deleted record",
			p.store.Replace(p.ctx, successor(next), rec.Version), coatcheck.ErrConflict)
		p.holds(next)
	}},
}
