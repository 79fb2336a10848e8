package storetest

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

var createChecks = []check{
	{"adds a record", func(p *probe) {
		p.holds(p.stored(p.fresh()))
	}},
	{"over a live record is ErrExists and changes nothing", func(p *probe) {
		rec := p.stored(p.fresh())
		other := newRecord(rec.ID, randomOwner(), p.in(time.Hour))
		p.wants("Create over a live record", p.store.Create(p.ctx, other), coatcheck.ErrExists)
		p.holds(rec)
	}},
	{"of the same record again is ErrExists", func(p *probe) {
		rec := p.stored(p.fresh())
		p.wants("Create of a record that is there", p.store.Create(p.ctx, clone(rec)), coatcheck.ErrExists)
		p.holds(rec)
	}},
	{"of an expired record over a live one is ErrExists", func(p *probe) {
		rec := p.stored(p.fresh())
		dead := p.expired()
		dead.ID = rec.ID
		p.wants("Create over a live record", p.store.Create(p.ctx, dead), coatcheck.ErrExists)
		p.holds(rec)
	}},
	{"over an expired record succeeds", func(p *probe) {
		dead := p.stored(p.expired())
		rec := newRecord(dead.ID, randomOwner(), p.now())
		p.holds(p.stored(rec))
	}},
	{"over an expired record keeps nothing of it", func(p *probe) {
		dead := p.expired()
		dead.Data, dead.Meta = randomBytes(5000), randomBytes(coatcheck.MaxMeta)
		p.stored(dead)
		rec := newRecord(dead.ID, "", p.now())
		rec.Data, rec.Meta = nil, nil
		p.holds(p.stored(rec))
	}},
	{"over a deleted record succeeds", func(p *probe) {
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		p.holds(p.stored(newRecord(rec.ID, randomOwner(), p.now())))
	}},
	{"of a record that has expired gives none that is served", func(p *probe) {
		rec := p.stored(p.expired())
		p.absent(rec.ID)
		p.wants("Touch of it", p.store.Touch(p.ctx, rec.ID, rec.Deadline), coatcheck.ErrNotFound)
		p.wants("Replace of it", p.store.Replace(p.ctx, successor(rec), rec.Version), coatcheck.ErrNotFound)
		p.absent(rec.ID)
	}},
	{"leaves other records alone", func(p *probe) {
		rec := p.stored(p.fresh())
		other := p.fresh()
		other.Owner, other.Version = rec.Owner, rec.Version
		p.stored(stamp(other))
		p.holds(rec)
		p.holds(other)
	}},
}
