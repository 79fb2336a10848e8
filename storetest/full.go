package storetest

import (
	"errors"

	"github.com/coatcheck/coatcheck"
)

// room is how many records the store of fullChecks takes.
const room = 20

var fullChecks = []check{
	{"store refuses a Create with ErrFull or makes room", func(p *probe) {
		small := p.small()
		recs, refused := small.fill()
		live := 0
		for _, rec := range recs {
			got, err := small.loadFrom(small.store, rec.ID)
			if err != nil {
				p.wants("Load", err, coatcheck.ErrNotFound)
				continue
			}
			live++
			if d := difference(got, rec); d != "" {
				p.Fatalf("Load: %s", d)
			}
		}
		if live > room {
			p.Errorf("%d records are live in a store for %d", live, room)
		}
		if live+refused < len(recs) && small.evicted() == 0 {
			p.Errorf("of %d records %d are live, %d were refused, and Stat says that none was evicted", len(recs), live, refused)
		}
	}},
	{"store keeps nothing of what it refuses", func(p *probe) {
		small := p.small()
		small.fill()
		rec := small.fresh()
		if err := small.store.Create(p.ctx, rec); err != nil {
			p.wants("Create in a full store", err, coatcheck.ErrFull)
			small.absent(rec.ID)
		}
	}},
	{"store still replaces, touches and deletes", func(p *probe) {
		small := p.small()
		recs, _ := small.fill()
		rec := small.survivor(recs)
		next := successor(rec)
		next.Data, next.Meta = rec.Data, rec.Meta
		small.replace(next, rec.Version)
		small.touch(rec.ID, rec.Deadline)
		small.holdsUntil(next, rec.Deadline)
		small.delete(rec.ID)
		small.absent(rec.ID)
	}},
	{"store has room again when records are deleted", func(p *probe) {
		small := p.small()
		recs, _ := small.fill()
		for _, rec := range recs {
			small.delete(rec.ID)
		}
		small.holds(small.stored(small.fresh()))
	}},
	{"store still says ErrExists of a live record", func(p *probe) {
		small := p.small()
		recs, _ := small.fill()
		rec := small.survivor(recs)
		p.wants("Create over a live record in a full store", small.store.Create(p.ctx, clone(rec)), coatcheck.ErrExists)
		small.holds(rec)
	}},
	{"store counts what it refuses", func(p *probe) {
		small := p.small()
		small.stater()
		_, refused := small.fill()
		if st := small.stat(); st.Refused != -1 && st.Refused != int64(refused) {
			p.Errorf("Stat: Refused is %d after %d refusals", st.Refused, refused)
		}
	}},
	{"store stays within its limit when many fill it at once", func(p *probe) {
		small := p.small()
		// A store that looks before it leaps is over its limit in most rounds
		// of a busy machine, but not in each.
		for range 10 {
			if live := small.overrun(); live > room {
				p.Fatalf("%d records are live in a store for %d", live, room)
			}
		}
	}},
}

// overrun lets many fill the store at once, counts the records that are live
// then, and deletes them.
func (p *probe) overrun() (live int) {
	p.Helper()
	recs := make([]*coatcheck.Record, 3*room)
	for i := range recs {
		recs[i] = p.fresh()
	}
	crowd(workers(rivals, func(i int) {
		for n := i; n < len(recs); n += rivals {
			if err := p.store.Create(p.ctx, recs[n]); err != nil && !errors.Is(err, coatcheck.ErrFull) {
				p.Errorf("Create in a full store: error is %v, want %v", err, coatcheck.ErrFull)
			}
		}
	})...)
	for _, rec := range recs {
		if _, err := p.loadFrom(p.store, rec.ID); err == nil {
			live++
		}
	}
	for _, rec := range recs {
		p.delete(rec.ID)
	}
	return live
}

// small returns a probe of a store that has room for few records.
func (p *probe) small() *probe {
	p.Helper()
	store := p.suite.OpenSmall(p.T, room)
	return newProbe(p.T, p.suite, store, store, nil)
}

// fill creates twice as many records as there is room for. It returns those
// that the store took and how many it refused.
func (p *probe) fill() (recs []*coatcheck.Record, refused int) {
	p.Helper()
	for range 2 * room {
		rec := p.fresh()
		switch err := p.store.Create(p.ctx, rec); {
		case err == nil:
			recs = append(recs, rec)
		case errors.Is(err, coatcheck.ErrFull):
			refused++
		default:
			p.Fatalf("Create in a full store: error is %v, want %v", err, coatcheck.ErrFull)
		}
	}
	return recs, refused
}

// survivor returns one of the records that is still live.
func (p *probe) survivor(recs []*coatcheck.Record) *coatcheck.Record {
	p.Helper()
	for _, rec := range recs {
		if _, err := p.loadFrom(p.store, rec.ID); err == nil {
			return rec
		}
	}
	p.Fatal("a full store has no record")
	return nil
}

// evicted returns how many records made room for others, and -1 if that is not
// known.
func (p *probe) evicted() int64 {
	p.Helper()
	if !canStat(coatcheck.CapabilitiesOf(p.store)) {
		return -1
	}
	return p.stat().Evicted
}
