package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// In each of these a few goroutines do something at the same moment, again and
// again. Where the store has two handles, every other goroutine has the other.
var raceChecks = []check{
	{"of Creates has one winner", func(p *probe) {
		for range 40 {
			p.raceCreates(p.id())
		}
	}},
	{"of Creates over an expired record has one winner", func(p *probe) {
		for range 40 {
			p.raceCreates(p.stored(p.expired()).ID)
		}
	}},
	{"of Replaces at one version has one winner", func(p *probe) {
		rec := p.stored(p.fresh())
		for range 60 {
			rec = p.raceReplaces(rec)
		}
	}},
	{"of Replaces loses no increment and makes one chain of versions", raceIncrements},
	{"of Replace against Delete never brings the record back", func(p *probe) {
		p.raceDelete(func(store coatcheck.Store, rec *coatcheck.Record) error {
			return store.Replace(p.ctx, successor(rec), rec.Version)
		})
	}},
	{"of Touch against Delete never brings the record back", func(p *probe) {
		p.raceDelete(func(store coatcheck.Store, rec *coatcheck.Record) error {
			return store.Touch(p.ctx, rec.ID, rec.Deadline)
		})
	}},
	{"of Touch against Replace loses neither", func(p *probe) {
		rec := p.stored(p.fresh())
		for i := range time.Duration(150) {
			rec = p.raceTouch(rec, (i+1)*time.Millisecond)
		}
	}},
	{"of Touches keeps the latest", raceTouches},
	{"of Load against Replace and Touch never goes back", raceLoads},
}

const (
	rivals     = 6
	increments = 150 // of one record, by all of them
)

// raceCreates has several workers create a record under one ID.
func (p *probe) raceCreates(id coatcheck.ID) {
	p.Helper()
	recs, errs := make([]*coatcheck.Record, rivals), make([]error, rivals)
	for i := range recs {
		recs[i] = newRecord(id, randomOwner(), p.now())
	}
	crowd(workers(rivals, func(i int) { errs[i] = p.handle(i).Create(p.ctx, recs[i]) })...)
	p.holds(recs[p.winner("Create", errs, coatcheck.ErrExists)])
}

// raceReplaces has several workers replace rec, and returns the winner's.
func (p *probe) raceReplaces(rec *coatcheck.Record) *coatcheck.Record {
	p.Helper()
	recs, errs := make([]*coatcheck.Record, rivals), make([]error, rivals)
	for i := range recs {
		recs[i] = successor(rec)
	}
	crowd(workers(rivals, func(i int) { errs[i] = p.handle(i).Replace(p.ctx, recs[i], rec.Version) })...)
	winner := recs[p.winner("Replace", errs, coatcheck.ErrConflict)]
	p.holds(winner)
	return winner
}

// winner returns the index of the only nil in errs; the others must be lost.
func (p *probe) winner(call string, errs []error, lost error) int {
	p.Helper()
	winner, won := 0, 0
	for i, err := range errs {
		if err == nil {
			winner = i
			won++
			continue
		}
		p.wants(call+" of a loser", err, lost)
	}
	if won != 1 {
		p.Fatalf("%d of %d concurrent calls of %s succeeded, want one", won, len(errs), call)
	}
	return winner
}

// raceIncrements has several workers count in one record, each until it has
// succeeded so many times.
func raceIncrements(p *probe) {
	const each = increments / rivals
	first := p.fresh()
	first.Data = []byte("0")
	p.stored(first)
	var mu sync.Mutex
	replacedBy := map[uint64]uint64{}
	crowd(workers(rivals, func(i int) {
		for range each {
			old, version, err := increment(p, p.handle(i), first.ID)
			if err != nil {
				p.Error(err)
				return
			}
			mu.Lock()
			if other, twice := replacedBy[old]; twice {
				p.Errorf("version %d was replaced twice, by %d and by %d", old, other, version)
			}
			replacedBy[old] = version
			mu.Unlock()
		}
	})...)
	if p.Failed() {
		return
	}
	last := p.load(first.ID)
	if want := fmt.Sprint(rivals * each); string(last.Data) != want {
		p.Errorf("after %s increments the count is %s", want, excerpt(last.Data))
	}
	version, links := first.Version, 0
	for next, ok := replacedBy[version]; ok && links <= rivals*each; next, ok = replacedBy[version] {
		version = next
		links++
	}
	if links != rivals*each || version != last.Version {
		p.Errorf("following the versions from the first one leads over %d Replaces to %d, want over %d to %d, the stored one",
			links, version, rivals*each, last.Version)
	}
}

// increment adds one to the count in a record, over conflicts. It returns the
// version that it replaced and the one that it put there.
func increment(p *probe, store coatcheck.Store, id coatcheck.ID) (old, version uint64, err error) {
	// Behind each conflict is the success of another, and those are counted.
	for range increments {
		rec, err := p.loadFrom(store, id)
		if err != nil {
			return 0, 0, fmt.Errorf("Load: %w", err)
		}
		var n int
		if _, err := fmt.Sscan(string(rec.Data), &n); err != nil {
			return 0, 0, fmt.Errorf("Load: Data is %s, want a count", excerpt(rec.Data))
		}
		next := successor(rec)
		next.Data = []byte(fmt.Sprint(n + 1))
		err = store.Replace(p.ctx, next, rec.Version)
		if err == nil {
			return rec.Version, next.Version, nil
		}
		if !errors.Is(err, coatcheck.ErrConflict) {
			return 0, 0, fmt.Errorf("Replace: %w", err)
		}
	}
	return 0, 0, fmt.Errorf("Replace: more conflicts than there are other changes: %w", err)
}

// raceDelete has a record deleted while others change it, and checks that it is
// absent when all are done.
func (p *probe) raceDelete(change func(coatcheck.Store, *coatcheck.Record) error) {
	p.Helper()
	for round := range 100 {
		// Not to be deleted again when cleaning up.
		rec := p.stored(newRecord(randomID(), randomOwner(), p.now()))
		job := func(i int) {
			err := change(p.handle(i), rec)
			if err != nil && !errors.Is(err, coatcheck.ErrNotFound) && !errors.Is(err, coatcheck.ErrConflict) {
				p.Errorf("change during a Delete: %v", err)
			}
		}
		jobs := append(workers(2, job), func() {
			if err := p.handle(round).Delete(p.ctx, rec.ID); err != nil {
				p.Errorf("Delete: %v", err)
			}
		})
		crowd(jobs...)
		if _, err := p.loadFrom(p.store, rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
			p.Fatalf("Load after a Delete: error is %v, want %v", err, coatcheck.ErrNotFound)
		}
	}
}

// raceTouch touches rec while it is replaced, and returns what must be stored
// then.
func (p *probe) raceTouch(rec *coatcheck.Record, later time.Duration) *coatcheck.Record {
	p.Helper()
	next := successor(rec)
	expires := rec.Expires.Add(later)
	crowd(func() {
		if err := p.store.Touch(p.ctx, rec.ID, expires); err != nil {
			p.Errorf("Touch during a Replace: %v", err)
		}
	}, func() {
		if err := p.peer.Replace(p.ctx, next, rec.Version); err != nil {
			p.Errorf("Replace during a Touch: %v", err)
		}
	})
	want := clone(next)
	want.Expires = expires
	if expires.After(want.Deadline) {
		want.Expires = want.Deadline
	}
	p.holds(want)
	return want
}

// raceTouches touches one record to many times.
func raceTouches(p *probe) {
	rec := p.stored(p.fresh())
	for round := range time.Duration(50) {
		base := rec.Expires.Add(round * time.Minute)
		crowd(workers(rivals, func(i int) {
			if err := p.handle(i).Touch(p.ctx, rec.ID, base.Add(time.Duration(i)*time.Second)); err != nil {
				p.Errorf("Touch: %v", err)
			}
		})...)
		p.holdsUntil(rec, base.Add((rivals-1)*time.Second))
	}
}

// raceLoads has readers look at a record that is counted up and touched: what
// they see never goes back.
func raceLoads(p *probe) {
	const rounds = increments / 2
	rec := p.fresh()
	rec.Data = []byte("0")
	p.stored(rec)
	jobs := workers(2, func(i int) {
		for range rounds {
			if _, _, err := increment(p, p.handle(i), rec.ID); err != nil {
				p.Error(err)
			}
		}
	})
	jobs = append(jobs, func() {
		for i := range time.Duration(rounds) {
			if err := p.store.Touch(p.ctx, rec.ID, rec.Expires.Add(i*time.Second)); err != nil {
				p.Errorf("Touch: %v", err)
			}
		}
	})
	jobs = append(jobs, workers(2, func(i int) {
		var count int
		var expires time.Time
		for range 2 * rounds {
			got, err := p.loadFrom(p.handle(i), rec.ID)
			if err != nil {
				p.Errorf("Load: %v", err)
				return
			}
			before := count
			if _, err := fmt.Sscan(string(got.Data), &count); err != nil || count < before {
				p.Errorf("Load: the count is %s after %d", excerpt(got.Data), before)
			}
			if got.Expires.Before(expires) {
				p.Errorf("Load: Expires is %v after %v", got.Expires, expires)
			}
			expires = got.Expires
		}
	})...)
	crowd(jobs...)
}
