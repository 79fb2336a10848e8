package storetest

import (
	"fmt"
	"math"
	"time"

	"github.com/coatcheck/coatcheck"
)

// By the time of day a swept record and an expired one look the same to Load,
// so these look at what List says and at what must stay; boundaryChecks see
// the rest.
var sweepChecks = []check{
	{"takes what has expired and leaves what is live", func(p *probe) {
		p.sweeps(100)
	}},
	{"takes at most the limit in each batch and is resumed where it stopped", func(p *probe) {
		p.sweeps(5)
		p.sweeps(1)
	}},
	{"of a store with nothing expired takes nothing that is live", func(p *probe) {
		s, rec := p.sweeper(), p.stored(p.fresh())
		p.sweep(s, p.now(), 100)
		p.sweep(s, p.now(), 100)
		p.holds(rec)
	}},
	{"may run more than once at the same time", func(p *probe) {
		s := p.sweeper()
		dead, live := p.deadAndLive(20)
		now := p.now()
		crowd(workers(4, func(int) { p.sweepQuietly(s, now, 3) })...)
		p.swept(dead, live)
	}},
	{"never takes what is created over an expired record meanwhile", func(p *probe) {
		s := p.sweeper()
		for range 15 {
			dead := make([]*coatcheck.Record, rivals)
			for i := range dead {
				dead[i] = p.stored(p.expired())
			}
			p.sweepWhileCreating(s, dead)
		}
	}},
	{"with a limit below 1 is ErrInvalid", func(p *probe) {
		s := p.sweeper()
		for _, limit := range []int{0, -1, math.MinInt} {
			_, err := s.Sweep(p.ctx, p.now(), "", limit)
			p.wants(fmt.Sprintf("Sweep with limit %d", limit), err, coatcheck.ErrInvalid)
		}
	}},
	{"with a foreign cursor is ErrInvalid", func(p *probe) {
		s := p.sweeper()
		for _, cursor := range foreignCursors {
			_, err := s.Sweep(p.ctx, p.now(), cursor, 10)
			p.wants(fmt.Sprintf("Sweep with cursor %q", cursor), err, coatcheck.ErrInvalid)
		}
	}},
}

// sweepAll sweeps the whole store in batches.
func (p *probe) sweepAll(s coatcheck.Sweeper, before time.Time, limit int) error {
	const endless = 100_000
	cursor := ""
	for range endless {
		result, err := s.Sweep(p.ctx, before, cursor, limit)
		if err != nil {
			return fmt.Errorf("Sweep: %w", err)
		}
		if result.Deleted < 0 || result.Deleted > limit {
			return fmt.Errorf("Sweep: a batch of at most %d deleted %d", limit, result.Deleted)
		}
		if result.Next == "" {
			return nil
		}
		cursor = result.Next
	}
	return fmt.Errorf("Sweep: there is no end after %d batches", endless)
}

// sweep sweeps the whole store in batches.
func (p *probe) sweep(s coatcheck.Sweeper, before time.Time, limit int) {
	p.Helper()
	if err := p.sweepAll(s, before, limit); err != nil {
		p.Fatal(err)
	}
}

// sweepQuietly is sweep for a worker.
func (p *probe) sweepQuietly(s coatcheck.Sweeper, before time.Time, limit int) {
	p.Helper()
	if err := p.sweepAll(s, before, limit); err != nil {
		p.Error(err)
	}
}

// deadAndLive stores n expired records and as many live ones.
func (p *probe) deadAndLive(n int) (dead, live []*coatcheck.Record) {
	p.Helper()
	for range n {
		dead = append(dead, p.stored(p.expired()))
		live = append(live, p.stored(p.fresh()))
	}
	return dead, live
}

// sweeps checks one sweep in batches of at most limit.
func (p *probe) sweeps(limit int) {
	p.Helper()
	s := p.sweeper()
	dead, live := p.deadAndLive(12)
	p.sweep(s, p.now(), limit)
	p.swept(dead, live)
}

// swept checks that the live records are there and the dead ones are not, not
// even in the list.
func (p *probe) swept(dead, live []*coatcheck.Record) {
	p.Helper()
	for _, rec := range live {
		p.holds(rec)
	}
	for _, rec := range dead {
		p.absent(rec.ID)
	}
	l, ok := p.store.(coatcheck.Lister)
	if !ok || !canList(coatcheck.CapabilitiesOf(p.store)) {
		return
	}
	ids := p.listed(l, 100)
	for _, rec := range dead {
		if n := count(ids, rec.ID); n != 0 {
			p.Fatal("List: an expired record is still there after the sweep")
		}
	}
}

// sweepWhileCreating sweeps expired records while others are created in their
// place. Those must stay.
func (p *probe) sweepWhileCreating(s coatcheck.Sweeper, dead []*coatcheck.Record) {
	p.Helper()
	now := p.now()
	jobs := workers(len(dead), func(i int) {
		rec := newRecord(dead[i].ID, "", now)
		if err := p.handle(i).Create(p.ctx, rec); err != nil {
			p.Errorf("Create over an expired record during a Sweep: %v", err)
		}
	})
	sweep := func() { p.sweepQuietly(s, now, 2*rivals) }
	crowd(append(jobs, sweep, sweep)...)
	for _, d := range dead {
		if _, err := p.loadFrom(p.store, d.ID); err != nil {
			p.Fatalf("Load of a record created over an expired one during a Sweep: %v", err)
		}
		p.delete(d.ID)
	}
}
