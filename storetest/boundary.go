package storetest

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// These set the store's clock. It begins at the time of day, and whatever is
// meant to live lives by both.
var boundaryChecks = []check{
	{"one nanosecond before Expires a record is there", func(p *probe) {
		rec := p.stored(p.fresh())
		p.clock.set(rec.Expires.Add(-time.Nanosecond))
		p.hereToAll(rec)
	}},
	{"at Expires a record is absent", func(p *probe) {
		rec := p.stored(p.fresh())
		p.clock.set(rec.Expires)
		p.goneToAll(rec)
	}},
	{"one nanosecond after Expires a record is absent", func(p *probe) {
		rec := p.stored(p.fresh())
		p.clock.set(rec.Expires.Add(time.Nanosecond))
		p.goneToAll(rec)
	}},
	{"at Expires Load finds nothing", func(p *probe) {
		p.absent(p.ended().ID)
	}},
	{"at Expires Create finds no obstacle", func(p *probe) {
		rec := p.ended()
		p.holds(p.stored(newRecord(rec.ID, randomOwner(), p.now())))
	}},
	{"at Expires Replace finds nothing", func(p *probe) {
		rec := p.ended()
		next := successor(rec)
		next.Expires = rec.Expires.Add(time.Hour)
		p.wants("Replace at Expires", p.store.Replace(p.ctx, next, rec.Version), coatcheck.ErrNotFound)
		p.clock.set(rec.Expires.Add(-time.Nanosecond))
		p.unchangedIfThere(rec)
	}},
	{"at Expires Touch finds nothing", func(p *probe) {
		rec := p.ended()
		p.wants("Touch at Expires", p.store.Touch(p.ctx, rec.ID, rec.Deadline), coatcheck.ErrNotFound)
		p.clock.set(rec.Expires.Add(-time.Nanosecond))
		p.unchangedIfThere(rec)
	}},
	{"a touch moves the end", func(p *probe) {
		rec := p.stored(p.fresh())
		later := rec.Expires.Add(time.Hour)
		p.touch(rec.ID, later)
		p.endsAt(rec, later)
	}},
	{"a touch moves the end to the Deadline at most", func(p *probe) {
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Deadline.Add(time.Hour))
		p.endsAt(rec, rec.Deadline)
	}},
	{"a Replace moves the end to the later Expires", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Expires = rec.Expires.Add(time.Hour)
		p.replace(next, rec.Version)
		p.endsAt(next, next.Expires)
	}},
	{"a Replace does not move the end to an earlier Expires", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Expires = rec.Expires.Add(-time.Minute)
		p.replace(next, rec.Version)
		p.endsAt(next, rec.Expires)
	}},
	{"a Replace moves the end to the nearer Deadline", func(p *probe) {
		rec := p.stored(p.fresh())
		end := stub(rec, rec.Expires.Add(-time.Minute))
		p.replace(end, rec.Version)
		p.endsAt(end, end.Deadline)
	}},
	{"a day ahead everything has ended and life goes on", func(p *probe) {
		rec := p.stored(p.fresh())
		p.clock.set(rec.Deadline.Add(time.Hour))
		p.goneToAll(rec)
		p.hereToAll(p.stored(p.fresh()))
	}},
	{"an hour back nothing ends early or lives longer", func(p *probe) {
		rec := p.fresh()
		rec.Expires = p.in(2 * time.Hour)
		p.stored(rec)
		p.clock.set(p.in(-time.Hour))
		p.holds(rec)
		next := successor(rec)
		p.replace(next, rec.Version)
		p.touch(rec.ID, p.in(time.Hour))
		p.endsAt(next, rec.Expires)
	}},
	{"a record born an hour back ends when it says", func(p *probe) {
		p.clock.set(p.in(-time.Hour))
		rec := p.fresh()
		rec.Expires = p.in(2 * time.Hour)
		p.stored(rec)
		p.endsAt(rec, rec.Expires)
	}},
	{"a jump ahead and back leaves the record whole or absent", func(p *probe) {
		rec := p.stored(p.fresh())
		start := p.now()
		p.clock.set(rec.Expires.Add(time.Minute))
		p.absent(rec.ID)
		p.clock.set(start)
		if !p.unchangedIfThere(rec) {
			rec = p.stored(p.fresh())
		}
		p.hereToAll(rec)
	}},
	{"List gives what is live to the last nanosecond", func(p *probe) {
		l := p.lister()
		rec := p.stored(p.fresh())
		p.touch(rec.ID, rec.Expires.Add(time.Hour))
		p.clock.set(rec.Expires.Add(time.Hour - time.Nanosecond))
		if n := count(p.listed(l, 100), rec.ID); n != 1 {
			p.Fatalf("List: the record appears %d times, want once", n)
		}
	}},
	{"Owned gives what is live to the last nanosecond", func(p *probe) {
		o := p.ownerIndex()
		rec, short := p.stored(p.fresh()), p.fresh()
		p.touch(rec.ID, rec.Expires.Add(time.Hour))
		// An index that lives as long as the record written last.
		short.Owner, short.Expires = rec.Owner, p.in(time.Minute)
		p.stored(short)
		p.clock.set(rec.Expires.Add(time.Hour - time.Nanosecond))
		if n := count(p.owned(o, rec.Owner, 100), rec.ID); n != 1 {
			p.Fatalf("Owned: the record appears %d times, want once", n)
		}
	}},
	{"Owned gives the new owner of an ID whose record had expired", func(p *probe) {
		o := p.ownerIndex()
		dead := p.ended()
		rec := p.stored(newRecord(dead.ID, randomOwner(), p.now()))
		if n := count(p.owned(o, rec.Owner, 100), rec.ID); n != 1 {
			p.Fatalf("Owned: the record appears %d times, want once", n)
		}
		p.leaves(o, dead.Owner, dead.ID)
	}},
	{"Sweep takes nothing one nanosecond before Expires", func(p *probe) {
		s, rec := p.sweeper(), p.brief()
		p.sweep(s, rec.Expires.Add(-time.Nanosecond), 100)
		p.holds(rec)
	}},
	{"Sweep takes a record at Expires", func(p *probe) {
		s, rec := p.sweeper(), p.brief()
		p.sweep(s, rec.Expires, 100)
		// The clock stands before Expires: what is absent was deleted.
		p.absent(rec.ID)
	}},
	{"Sweep goes by an Expires that was moved", func(p *probe) {
		s, rec := p.sweeper(), p.brief()
		later := rec.Expires.Add(30 * time.Second)
		p.touch(rec.ID, later)
		p.sweep(s, rec.Expires, 100)
		p.holdsUntil(rec, later)
		p.sweep(s, later, 100)
		p.absent(rec.ID)
	}},
	{"Sweep deletes everything that has expired in batches of at most the limit", func(p *probe) {
		s := p.sweeper()
		var recs []*coatcheck.Record
		for range 12 {
			recs = append(recs, p.brief())
		}
		for _, limit := range []int{1, 5} {
			p.sweep(s, recs[0].Expires, limit)
			for _, rec := range recs {
				p.absent(rec.ID)
			}
			for i := range recs {
				recs[i] = p.brief()
			}
		}
		p.sweep(s, recs[0].Expires, 100)
	}},
	{"Sweep never takes what is created over an expired record meanwhile", func(p *probe) {
		s := p.sweeper()
		for range 10 {
			p.clock.reset()
			dead := make([]*coatcheck.Record, rivals)
			for i := range dead {
				dead[i] = p.brief()
			}
			p.clock.set(p.clock.now().Add(90 * time.Second))
			p.sweepWhileCreating(s, dead)
		}
	}},
	{"Sweep never takes what is touched meanwhile", func(p *probe) {
		s := p.sweeper()
		for range 15 {
			recs := make([]*coatcheck.Record, rivals)
			for i := range recs {
				recs[i] = p.brief()
			}
			p.sweepWhileTouching(s, recs)
		}
	}},
}

// brief stores and returns a record that expires in a minute.
func (p *probe) brief() *coatcheck.Record {
	rec := p.fresh()
	rec.Expires = p.in(time.Minute)
	return p.stored(rec)
}

// ended returns a stored record that the clock stands at the end of.
func (p *probe) ended() *coatcheck.Record {
	rec := p.stored(p.fresh())
	p.clock.set(rec.Expires)
	return rec
}

// endsAt checks that a stored record is there until the nanosecond before end
// and absent from then on.
func (p *probe) endsAt(rec *coatcheck.Record, end time.Time) {
	p.Helper()
	p.clock.set(end.Add(-time.Nanosecond))
	p.holdsUntil(rec, end)
	p.clock.set(end)
	p.absent(rec.ID)
	p.goneToAll(rec)
}

// unchangedIfThere checks that a record which has been found expired, and so
// may have been removed, is either absent or what it was. It reports whether
// it is there.
func (p *probe) unchangedIfThere(rec *coatcheck.Record) bool {
	p.Helper()
	got, err := p.loadFrom(p.store, rec.ID)
	if err != nil {
		p.wants("Load", err, coatcheck.ErrNotFound)
		return false
	}
	if d := difference(got, rec); d != "" {
		p.Fatalf("Load: %s", d)
	}
	return true
}

// sweepWhileTouching sweeps records that end soon while others touch them.
// Each is either swept and its Touch finds nothing, or stays.
func (p *probe) sweepWhileTouching(s coatcheck.Sweeper, recs []*coatcheck.Record) {
	p.Helper()
	errs := make([]error, len(recs))
	jobs := workers(len(recs), func(i int) {
		errs[i] = p.handle(i).Touch(p.ctx, recs[i].ID, recs[i].Expires.Add(time.Hour))
	})
	sweep := func() { p.sweepQuietly(s, recs[0].Expires.Add(5*time.Second), 2*rivals) }
	crowd(append(jobs, sweep, sweep)...)
	for i, rec := range recs {
		if errs[i] != nil {
			p.wants("Touch during a Sweep", errs[i], coatcheck.ErrNotFound)
			p.absent(rec.ID)
			continue
		}
		p.holdsUntil(rec, rec.Expires.Add(time.Hour))
		p.delete(rec.ID)
	}
}
