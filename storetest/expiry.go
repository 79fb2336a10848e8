package storetest

import (
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
)

// These go by the time of day. What they can see is limited by the clock of
// the store, which may be that of a server; see boundaryChecks for the rest.
var expiryChecks = []check{
	{"a record whose Expires has passed is absent to every method", func(p *probe) {
		for _, ago := range []time.Duration{24 * 365 * time.Hour, 24 * time.Hour, time.Hour, time.Second, 2 * skew} {
			dead := p.expired()
			dead.Expires = p.in(-ago)
			p.goneToAll(p.stored(dead))
		}
	}},
	{"a record whose Deadline has passed is absent to every method", func(p *probe) {
		dead := p.expired()
		dead.Deadline = dead.Expires
		p.goneToAll(p.stored(dead))
	}},
	{"a record ends by itself, at the time it says", func(p *probe) {
		var last *coatcheck.Record
		recs := make([]*coatcheck.Record, 4)
		p.shortly(func(end time.Time) (err error) {
			// Spread over a second, lest a store that counts in seconds is
			// right by chance.
			for i := range recs {
				last = p.fresh()
				last.Expires = end.Add(time.Duration(i) * 230 * time.Millisecond)
				recs[i] = last
				err = errors.Join(err, p.store.Create(p.ctx, last))
			}
			return err
		})
		for _, rec := range recs {
			p.ends(rec)
		}
		p.goneToAll(last)
	}},
	{"a touched or replaced record outlives its first Expires", func(p *probe) {
		var touched, replaced *coatcheck.Record
		canary := p.shortly(func(end time.Time) error {
			touched, replaced = p.fresh(), p.fresh()
			later := replaced.Expires
			touched.Expires, replaced.Expires = end, end
			err := errors.Join(p.store.Create(p.ctx, touched), p.store.Create(p.ctx, replaced))
			next := successor(replaced)
			next.Expires = later
			err = errors.Join(err, p.store.Touch(p.ctx, touched.ID, later), p.store.Replace(p.ctx, next, replaced.Version))
			touched, replaced = clone(touched), next
			touched.Expires = later
			return err
		})
		p.ends(canary)
		p.holds(touched)
		p.holds(replaced)
	}},
	{"a record whose Deadline moves nearer ends there", func(p *probe) {
		var end *coatcheck.Record
		p.shortly(func(at time.Time) error {
			rec := p.fresh()
			end = stub(rec, at)
			return errors.Join(p.store.Create(p.ctx, rec), p.store.Replace(p.ctx, end, rec.Version))
		})
		p.ends(end)
		p.goneToAll(end)
	}},
}

// goneToAll checks that no method finds the record, and that a Create gets its
// ID.
func (p *probe) goneToAll(dead *coatcheck.Record) {
	p.Helper()
	p.absent(dead.ID)
	next := successor(dead)
	next.Deadline, next.Expires = p.in(24*time.Hour), p.in(time.Hour)
	p.wants("Touch of an expired record", p.store.Touch(p.ctx, dead.ID, next.Expires), coatcheck.ErrNotFound)
	p.wants("Replace of an expired record", p.store.Replace(p.ctx, next, dead.Version), coatcheck.ErrNotFound)
	p.absent(dead.ID)
	p.holds(p.stored(newRecord(dead.ID, randomOwner(), p.now())))
	p.delete(dead.ID)
}

// hereToAll checks that every method finds the record, and deletes it.
func (p *probe) hereToAll(rec *coatcheck.Record) {
	p.Helper()
	p.holds(rec)
	p.wants("Create over a live record", p.store.Create(p.ctx, newRecord(rec.ID, "", p.now())), coatcheck.ErrExists)
	p.touch(rec.ID, rec.Expires)
	next := successor(rec)
	p.replace(next, rec.Version)
	p.holds(next)
	p.delete(rec.ID)
}
