package storetest

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

var touchChecks = []check{
	{"moves Expires to a later time and nothing else", func(p *probe) {
		rec := p.stored(p.fresh())
		for _, d := range []time.Duration{time.Millisecond, time.Second, time.Hour} {
			p.touch(rec.ID, rec.Expires.Add(d))
			p.holdsUntil(rec, rec.Expires.Add(d))
		}
	}},
	{"to an earlier time has no effect and is no error", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Expires)
		p.touch(rec.ID, rec.Expires.Add(-time.Millisecond))
		p.touch(rec.ID, p.in(time.Minute))
		p.holds(rec)
	}},
	{"to a time that has passed does not end the record", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, p.in(-time.Hour))
		p.touch(rec.ID, time.Time{})
		p.holds(rec)
	}},
	{"is cut off at the Deadline", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Deadline.Add(time.Millisecond))
		p.holdsUntil(rec, rec.Deadline)
		p.touch(rec.ID, rec.Deadline.Add(1000*time.Hour))
		p.holdsUntil(rec, rec.Deadline)
	}},
	{"is cut off at the Deadline that Replace has set", func(p *probe) {
		rec := p.stored(p.fresh())
		end := stub(rec, p.in(time.Minute))
		p.replace(end, rec.Version)
		p.touch(rec.ID, rec.Expires)
		p.holds(end)
	}},
	{"keeps the version so that Replace still succeeds", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Expires.Add(time.Minute))
		next := successor(rec)
		p.replace(next, rec.Version)
		p.holdsUntil(next, rec.Expires.Add(time.Minute))
	}},
	{"of an absent record is ErrNotFound and creates none", func(p *probe) {
		id := p.id()
		p.wants("Touch of an absent record", p.store.Touch(p.ctx, id, p.in(time.Hour)), coatcheck.ErrNotFound)
		p.absent(id)
	}},
	{"never brings a deleted record back", func(p *probe) {
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		p.wants("Touch of a deleted record", p.store.Touch(p.ctx, rec.ID, rec.Deadline), coatcheck.ErrNotFound)
		p.absent(rec.ID)
	}},
	{"never brings an expired record back", func(p *probe) {
		dead := p.stored(p.expired())
		p.wants("Touch of an expired record", p.store.Touch(p.ctx, dead.ID, dead.Deadline), coatcheck.ErrNotFound)
		p.absent(dead.ID)
	}},
	{"leaves other records alone", func(p *probe) {
		rec := p.stored(p.fresh())
		other := p.fresh()
		other.Owner, other.Version = rec.Owner, rec.Version
		p.stored(stamp(other))
		p.touch(rec.ID, rec.Deadline)
		p.holds(other)
	}},
}
