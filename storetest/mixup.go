package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/coatcheck/coatcheck"
)

// In these every record says whose it is; see [stamp].
var mixupChecks = []check{
	{"of many records in use at once never happens", func(p *probe) {
		p.mixup(func(int) string { return randomOwner() })
	}},
	{"of many records of one owner in use at once never happens", func(p *probe) {
		owner := randomOwner()
		p.mixup(func(int) string { return owner })
	}},
	{"of records loaded at once never happens", func(p *probe) {
		recs := make([]*coatcheck.Record, rivals)
		for i := range recs {
			recs[i] = p.stored(p.fresh())
		}
		crowd(workers(rivals, func(i int) {
			for range 60 {
				got, err := p.loadFrom(p.handle(i), recs[i].ID)
				if err != nil {
					p.Errorf("Load: %v", err)
					return
				}
				if d := difference(got, recs[i]); d != "" {
					p.Errorf("Load: %s", d)
					return
				}
			}
		})...)
	}},
	{"of records created at once never happens", func(p *probe) {
		for range 20 {
			recs := make([]*coatcheck.Record, rivals)
			for i := range recs {
				recs[i] = p.fresh()
			}
			crowd(workers(rivals, func(i int) {
				if err := p.handle(i).Create(p.ctx, recs[i]); err != nil {
					p.Errorf("Create: %v", err)
				}
			})...)
			for _, rec := range recs {
				p.holds(rec)
			}
		}
	}},
}

// mixup has workers lead records of their own through their lives, while others
// load whatever there is.
func (p *probe) mixup(owner func(i int) string) {
	p.Helper()
	const each = 16
	ids := make([]coatcheck.ID, rivals*each)
	for i := range ids {
		ids[i] = p.id()
	}
	jobs := workers(rivals, func(i int) {
		for _, id := range ids[i*each : (i+1)*each] {
			if err := p.life(p.handle(i), newRecord(id, owner(i), p.now())); err != nil {
				p.Error(err)
				return
			}
		}
	})
	jobs = append(jobs, workers(2, func(i int) {
		for range 2 * len(ids) {
			id := ids[rand.IntN(len(ids))]
			rec, err := p.loadFrom(p.handle(i), id)
			if errors.Is(err, coatcheck.ErrNotFound) {
				continue
			}
			if err != nil {
				p.Errorf("Load: %v", err)
				return
			}
			if d := misstamped(rec, id); d != "" {
				p.Errorf("Load: %s", d)
				return
			}
		}
	})...)
	crowd(jobs...)
}

// life takes a record that nobody else writes from Create to Delete, and checks
// that it is what its worker last made it.
func (p *probe) life(store coatcheck.Store, rec *coatcheck.Record) error {
	if err := store.Create(p.ctx, rec); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	for range 2 {
		if err := p.same(store, rec); err != nil {
			return err
		}
		next := successor(rec)
		if err := store.Replace(p.ctx, next, rec.Version); err != nil {
			return fmt.Errorf("Replace of a record that nobody else writes: %w", err)
		}
		rec = next
	}
	if err := store.Touch(p.ctx, rec.ID, rec.Deadline); err != nil {
		return fmt.Errorf("Touch of a record that nobody else writes: %w", err)
	}
	touched := clone(rec)
	touched.Expires = rec.Deadline
	if err := p.same(store, touched); err != nil {
		return err
	}
	if rec.Version%4 == 0 {
		return nil
	}
	if err := store.Delete(p.ctx, rec.ID); err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	if _, err := p.loadFrom(store, rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		return fmt.Errorf("Load of a deleted record: error is %v, want %v", err, coatcheck.ErrNotFound)
	}
	return nil
}

// same checks that the store has exactly this record; for workers.
func (p *probe) same(store coatcheck.Store, want *coatcheck.Record) error {
	got, err := p.loadFrom(store, want.ID)
	if err != nil {
		return fmt.Errorf("Load of a record that nobody else writes: %w", err)
	}
	if d := difference(got, want); d != "" {
		return fmt.Errorf("Load of a record that nobody else writes: %s", d)
	}
	return nil
}
