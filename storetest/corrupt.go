package storetest

import "github.com/coatcheck/coatcheck"

var corruptChecks = []check{
	{"record is ErrCorrupt and costs no other", func(p *probe) {
		rec, before, after := p.stored(p.fresh()), p.stored(p.fresh()), p.stored(p.fresh())
		p.suite.Corrupt(p.T, p.store, rec.ID)
		_, err := p.loadFrom(p.store, rec.ID)
		p.wants("Load of a damaged record", err, coatcheck.ErrCorrupt)
		p.holds(before)
		p.holds(after)
	}},
	{"record is not replaced or touched into a sound one", func(p *probe) {
		rec := p.stored(p.fresh())
		p.suite.Corrupt(p.T, p.store, rec.ID)
		// Whatever the error is, the damage must not be papered over with
		// what is left of the record.
		p.store.Touch(p.ctx, rec.ID, rec.Deadline)
		if got, err := p.loadFrom(p.store, rec.ID); err == nil {
			if d := difference(got, rec); d != "" {
				p.Errorf("Load of a damaged record after a Touch: %s", d)
			}
		}
	}},
	{"record can be deleted and its ID used again", func(p *probe) {
		rec := p.stored(p.fresh())
		p.suite.Corrupt(p.T, p.store, rec.ID)
		p.delete(rec.ID)
		p.absent(rec.ID)
		p.holds(p.stored(newRecord(rec.ID, randomOwner(), p.now())))
	}},
}
