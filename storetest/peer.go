package storetest

import "github.com/coatcheck/coatcheck"

// In these one handle must see what the other has done.
var peerChecks = []check{
	{"sees a Create at once", func(p *probe) {
		p.bothWays(func(here, there *probe) {
			rec := here.fresh()
			there.absent(rec.ID)
			here.stored(rec)
			there.holds(rec)
			there.wants("Create over the peer's record", there.store.Create(p.ctx, newRecord(rec.ID, "", p.now())), coatcheck.ErrExists)
		})
	}},
	{"sees a Replace at once", func(p *probe) {
		p.bothWays(func(here, there *probe) {
			rec := here.stored(here.fresh())
			there.holds(rec)
			next := successor(rec)
			here.replace(next, rec.Version)
			there.holds(next)
			there.wants("Replace at the version that the peer replaced",
				there.store.Replace(p.ctx, successor(next), rec.Version), coatcheck.ErrConflict)
			last := successor(next)
			there.replace(last, next.Version)
			here.holds(last)
		})
	}},
	{"sees a Touch at once", func(p *probe) {
		p.bothWays(func(here, there *probe) {
			rec := here.stored(here.fresh())
			there.holds(rec)
			here.touch(rec.ID, rec.Deadline)
			there.holdsUntil(rec, rec.Deadline)
		})
	}},
	{"sees a Delete at once", func(p *probe) {
		p.bothWays(func(here, there *probe) {
			rec := here.stored(here.fresh())
			there.holds(rec)
			here.delete(rec.ID)
			there.absent(rec.ID)
			there.wants("Replace of a record that the peer deleted",
				there.store.Replace(p.ctx, successor(rec), rec.Version), coatcheck.ErrNotFound)
			there.wants("Touch of a record that the peer deleted",
				there.store.Touch(p.ctx, rec.ID, rec.Deadline), coatcheck.ErrNotFound)
			here.absent(rec.ID)
		})
	}},
	{"finds the records of an owner at once", func(p *probe) {
		p.bothWays(func(here, there *probe) {
			o := there.ownerIndex()
			rec := here.stored(here.fresh())
			if n := count(there.owned(o, rec.Owner, 10), rec.ID); n != 1 {
				p.Fatalf("Owned: the peer's record appears %d times, want once", n)
			}
		})
	}},
}

// bothWays runs story with the store here and the peer there, and the other way
// round.
func (p *probe) bothWays(story func(here, there *probe)) {
	p.Helper()
	for _, stores := range [][2]coatcheck.Store{{p.store, p.peer}, {p.peer, p.store}} {
		story(newProbe(p.T, p.suite, stores[0], stores[1], nil), newProbe(p.T, p.suite, stores[1], stores[0], nil))
	}
}
