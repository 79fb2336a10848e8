package storetest

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

var replaceChecks = []check{
	{"puts the record in the place of the stored one", func(p *probe) {
		rec := p.stored(p.fresh())
		for range 3 {
			next := successor(rec)
			p.replace(next, rec.Version)
			p.holds(next)
			rec = next
		}
	}},
	{"keeps nothing of longer data", func(p *probe) {
		rec := p.fresh()
		rec.Data, rec.Meta = randomBytes(5000), randomBytes(coatcheck.MaxMeta)
		p.stored(rec)
		next := successor(rec)
		next.Data, next.Meta = []byte{}, nil
		p.replace(next, rec.Version)
		p.holds(next)
	}},
	{"never creates an absent record", func(p *probe) {
		rec := p.fresh()
		p.wants("Replace of an absent record", p.store.Replace(p.ctx, rec, rec.Version), coatcheck.ErrNotFound)
		p.wants("Replace of an absent record at version 0", p.store.Replace(p.ctx, rec, 0), coatcheck.ErrNotFound)
		p.absent(rec.ID)
	}},
	{"never brings a deleted record back", func(p *probe) {
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		p.wants("Replace of a deleted record", p.store.Replace(p.ctx, successor(rec), rec.Version), coatcheck.ErrNotFound)
		p.absent(rec.ID)
	}},
	{"never brings an expired record back", func(p *probe) {
		dead := p.stored(p.expired())
		next := successor(dead)
		next.Expires = p.in(time.Hour)
		p.wants("Replace of an expired record", p.store.Replace(p.ctx, next, dead.Version), coatcheck.ErrNotFound)
		p.absent(dead.ID)
	}},
	{"of an expired record is ErrNotFound at any version", func(p *probe) {
		dead := p.stored(p.expired())
		p.wants("Replace at another version than the expired record's",
			p.store.Replace(p.ctx, successor(dead), dead.Version+1), coatcheck.ErrNotFound)
	}},
	{"at another version is ErrConflict and changes nothing", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Expires = rec.Deadline
		p.wants("Replace at another version", p.store.Replace(p.ctx, next, next.Version), coatcheck.ErrConflict)
		p.holds(rec)
	}},
	{"works once for each version", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		p.replace(next, rec.Version)
		p.wants("Replace at the version of the one before",
			p.store.Replace(p.ctx, successor(next), rec.Version), coatcheck.ErrConflict)
		p.holds(next)
	}},
	{"keeps the stored Expires when the given one is earlier", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Expires = rec.Expires.Add(-30 * time.Minute)
		p.replace(next, rec.Version)
		p.holdsUntil(next, rec.Expires)
	}},
	{"keeps the stored Expires when the given one has passed", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Expires = p.in(-time.Minute)
		p.replace(next, rec.Version)
		p.holdsUntil(next, rec.Expires)
	}},
	{"takes the given Expires when it is later", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Expires = rec.Expires.Add(time.Millisecond)
		p.replace(next, rec.Version)
		p.holds(next)
	}},
	{"keeps an Expires that Touch has moved", func(p *probe) {
		rec := p.stored(p.fresh())
		later := rec.Expires.Add(time.Hour)
		p.touch(rec.ID, later)
		next := successor(rec)
		p.replace(next, rec.Version)
		p.holdsUntil(next, later)
	}},
	{"cuts the stored Expires off at the given Deadline", func(p *probe) {
		rec := p.stored(p.fresh())
		end := stub(rec, p.in(time.Minute))
		p.replace(end, rec.Version)
		p.holds(end)
	}},
	{"takes the owner away when the record gets none", func(p *probe) {
		rec := p.stored(p.fresh())
		p.replace(stub(rec, p.in(time.Minute)), rec.Version)
		if owner := p.load(rec.ID).Owner; owner != "" {
			p.Fatalf("Load: Owner is %q, want none", owner)
		}
	}},
	{"can end the record at once by its Deadline", func(p *probe) {
		rec := p.stored(p.fresh())
		p.replace(stub(rec, p.in(-time.Second)), rec.Version)
		p.absent(rec.ID)
	}},
	{"leaves other records alone", func(p *probe) {
		rec := p.stored(p.fresh())
		other := p.fresh()
		other.Owner, other.Version = rec.Owner, rec.Version
		p.stored(stamp(other))
		p.replace(successor(rec), rec.Version)
		p.holds(other)
	}},
}

// holdsUntil checks that the store has this record with this Expires.
func (p *probe) holdsUntil(want *coatcheck.Record, expires time.Time) {
	p.Helper()
	c := *want
	c.Expires = expires
	p.holds(&c)
}
