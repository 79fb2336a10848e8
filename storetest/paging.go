package storetest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/coatcheck/coatcheck"
)

// A directory is something that is read in pages: the list of all records, or
// that of one owner's.
type directory struct {
	owner string // whose records are in it
	page  func(ctx context.Context, cursor string, limit int) ([]coatcheck.ID, string, error)
}

// add stores n records that belong in the directory.
func (d directory) add(p *probe, n int) (recs []*coatcheck.Record) {
	p.Helper()
	for range n {
		recs = append(recs, p.stored(newRecord(p.id(), d.owner, p.now())))
	}
	return recs
}

// walk reads the directory to its end and calls between after each page.
func (d directory) walk(ctx context.Context, limit int, between func(page []coatcheck.ID)) (all []coatcheck.ID, err error) {
	const few, many, endless = 50, 500, 100_000
	cursor := ""
	for n := 1; ; n++ {
		ids, next, err := d.page(ctx, cursor, limit)
		if err != nil {
			return nil, fmt.Errorf("page %d of at most %d: %w", n, limit, err)
		}
		if len(ids) > limit {
			return nil, fmt.Errorf("page %d of at most %d has %d", n, limit, len(ids))
		}
		all = append(all, ids...)
		if next == "" {
			return all, nil
		}
		if n == few {
			limit = max(limit, many) // past the records of others
		}
		if n == endless {
			return nil, fmt.Errorf("there is no end after %d pages", n)
		}
		between(ids)
		cursor = next
	}
}

// all reads the directory to its end.
func (d directory) all(p *probe, limit int) []coatcheck.ID {
	p.Helper()
	return d.during(p, limit, func([]coatcheck.ID) {})
}

// during reads the directory to its end and calls between after each page.
func (d directory) during(p *probe, limit int, between func(page []coatcheck.ID)) []coatcheck.ID {
	p.Helper()
	ids, err := d.walk(p.ctx, limit, between)
	if err != nil {
		p.Fatal(err)
	}
	return ids
}

// once checks that each record is among ids exactly once.
func once(ids []coatcheck.ID, recs []*coatcheck.Record) error {
	for i, rec := range recs {
		if n := count(ids, rec.ID); n != 1 {
			return fmt.Errorf("record %d of %d that are live throughout appears %d times, want once", i, len(recs), n)
		}
	}
	return nil
}

func count(ids []coatcheck.ID, id coatcheck.ID) (n int) {
	for _, each := range ids {
		if each == id {
			n++
		}
	}
	return n
}

// pagingChecks are the rules of every directory.
func pagingChecks(open func(p *probe) directory) []check {
	with := func(run func(p *probe, d directory)) func(p *probe) {
		return func(p *probe) {
			p.Helper()
			run(p, open(p))
		}
	}
	return []check{
		{"gives each live record exactly once, with pages of any size", with(func(p *probe, d directory) {
			recs := d.add(p, 20)
			for _, limit := range []int{1, 2, 7, 20, 1000, math.MaxInt} {
				p.mustOnce(d.all(p, limit), recs)
			}
		})},
		{"gives the records in a fixed order", with(func(p *probe, d directory) {
			d.add(p, 20)
			if first, again := d.all(p, 3), d.all(p, 3); !slices.Equal(first, again) {
				p.Fatal("two readings of the same records differ in their order")
			}
		})},
		{"gives what is live when others have been deleted", with(func(p *probe, d directory) {
			recs := d.add(p, 10)
			for _, rec := range recs[:5] {
				p.delete(rec.ID)
			}
			p.mustOnce(d.all(p, 4), recs[5:])
		})},
		{"gives what is live throughout exactly once while others are deleted", with(pagingWhileDeleting)},
		{"gives what is live throughout exactly once while others are created", with(func(p *probe, d directory) {
			recs := d.add(p, 20)
			born := 0
			p.mustOnce(d.during(p, 3, func([]coatcheck.ID) {
				if born < 40 {
					born += len(d.add(p, 2))
				}
			}), recs)
		})},
		{"gives what is live throughout exactly once while it is replaced and touched", with(func(p *probe, d directory) {
			recs := d.add(p, 20)
			changes := 0
			p.mustOnce(d.during(p, 3, func([]coatcheck.ID) {
				if changes++; changes > 10 {
					return
				}
				for i, rec := range recs {
					p.touch(rec.ID, p.in(rec.Expires.Sub(p.now())/2))
					next := successor(rec)
					p.replace(next, rec.Version)
					recs[i] = next
				}
			}), recs)
		})},
		{"gives what is live throughout exactly once while many change the store at once", with(pagingWhileBusy)},
		{"with a limit below 1 is ErrInvalid", with(func(p *probe, d directory) {
			d.add(p, 1)
			for _, limit := range []int{0, -1, math.MinInt} {
				_, _, err := d.page(p.ctx, "", limit)
				p.wants(fmt.Sprintf("limit %d", limit), err, coatcheck.ErrInvalid)
			}
		})},
		{"with a foreign cursor is ErrInvalid", with(func(p *probe, d directory) {
			d.add(p, 1)
			for _, cursor := range foreignCursors {
				_, _, err := d.page(p.ctx, cursor, 10)
				p.wants(fmt.Sprintf("cursor %q", cursor), err, coatcheck.ErrInvalid)
			}
		})},
	}
}

// foreignCursors are none that a store could have returned.
var foreignCursors = []string{"storetest: no cursor", "\x00\xff\x00", " ", "'; --"}

func (p *probe) mustOnce(ids []coatcheck.ID, recs []*coatcheck.Record) {
	p.Helper()
	if err := once(ids, recs); err != nil {
		p.Fatal(err)
	}
}

// pagingWhileDeleting deletes, after each page, what the page showed and one
// that is yet to come: counting from the start would go wrong.
func pagingWhileDeleting(p *probe, d directory) {
	recs := d.add(p, 30)
	stay, leave := recs[:15], map[coatcheck.ID]bool{}
	for _, rec := range recs[15:] {
		leave[rec.ID] = true
	}
	p.mustOnce(d.during(p, 3, func(page []coatcheck.ID) {
		for _, id := range page {
			if leave[id] {
				p.delete(id)
				delete(leave, id)
			}
		}
		for id := range leave {
			p.delete(id)
			delete(leave, id)
			break
		}
	}), stay)
}

// pagingWhileBusy reads the directory while others create, replace, touch and
// delete.
func pagingWhileBusy(p *probe, d directory) {
	stay := d.add(p, 20)
	jobs := workers(3, func(i int) {
		store := p.handle(i)
		for range 15 {
			if err := p.life(store, newRecord(p.id(), d.owner, p.now())); err != nil {
				p.Error(err)
				return
			}
			rec := stay[i]
			next := successor(rec)
			if err := store.Replace(p.ctx, next, rec.Version); err != nil {
				p.Errorf("Replace of a record that nobody else writes: %v", err)
				return
			}
			stay[i] = next
		}
	})
	jobs = append(jobs, workers(2, func(int) {
		for range 4 {
			ids, err := d.walk(p.ctx, 7, func([]coatcheck.ID) {})
			if err == nil {
				err = once(ids, stay[3:])
			}
			if err != nil {
				p.Error(err)
				return
			}
		}
	})...)
	crowd(jobs...)
	p.mustOnce(d.all(p, 7), stay)
}
