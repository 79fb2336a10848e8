package storetest

import (
	"context"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

var ownedChecks = append([]check{
	{"tells owners apart that look alike", func(p *probe) {
		o, base := p.ownerIndex(), "Owner "+randomOwner()
		owners := []string{
			base, strings.ToUpper(base), strings.ToLower(base), base + " ", " " + base, base + "\x00", base + "\x00b",
			base + "b", base[:len(base)-1], base + "%", base + "_", base + "*", base + ":", base + "/", base + "'",
			base + "\xff", base + "\xfe", base + "\ufffd", base + "ä", base + "a\u0308", "\x00" + base,
			base + strings.Repeat("x", 300), base + strings.Repeat("x", 301),
		}
		of := map[string]*coatcheck.Record{}
		for _, owner := range owners {
			of[owner] = p.stored(newRecord(p.id(), owner, p.now()))
		}
		for _, owner := range owners {
			ids := p.owned(o, owner, 10)
			if len(ids) != 1 || ids[0] != of[owner].ID {
				p.Errorf("Owned(%q): %d IDs, want the one of its only record", owner, len(ids))
			}
		}
	}},
	{"finds every record of an owner of any bytes", func(p *probe) {
		o, mark := p.ownerIndex(), randomOwner()
		for _, b := range awkward {
			rec := p.stored(newRecord(p.id(), b+mark+b, p.now()))
			if n := count(p.owned(o, rec.Owner, 10), rec.ID); n != 1 {
				p.Errorf("Owned(%q): the record appears %d times, want once", rec.Owner, n)
			}
		}
	}},
	{"finds nothing of a stranger", func(p *probe) {
		if ids := p.owned(p.ownerIndex(), randomOwner(), 10); len(ids) != 0 {
			p.Errorf("Owned: %d IDs of an owner who has none", len(ids))
		}
	}},
	{"of the owner of anonymous sessions is ErrInvalid", func(p *probe) {
		p.stored(p.anonymous())
		_, _, err := p.ownerIndex().Owned(p.ctx, "", "", 10)
		p.wants(`Owned("")`, err, coatcheck.ErrInvalid)
	}},
	{"still finds a record after Replace and Touch", func(p *probe) {
		o, rec := p.ownerIndex(), p.stored(p.fresh())
		next := successor(rec)
		p.replace(next, rec.Version)
		p.touch(rec.ID, rec.Deadline)
		p.replace(successor(next), next.Version)
		if n := count(p.owned(o, rec.Owner, 10), rec.ID); n != 1 {
			p.Errorf("Owned: the record appears %d times, want once", n)
		}
	}},
	{"still finds a record after a refused change", func(p *probe) {
		o, rec := p.ownerIndex(), p.stored(p.fresh())
		p.wants("Replace at another version", p.store.Replace(p.ctx, stub(rec, p.in(0)), rec.Version+1), coatcheck.ErrConflict)
		other := newRecord(rec.ID, randomOwner(), p.now())
		p.wants("Create over a live record", p.store.Create(p.ctx, other), coatcheck.ErrExists)
		if n := count(p.owned(o, rec.Owner, 10), rec.ID); n != 1 {
			p.Errorf("Owned: the record appears %d times, want once", n)
		}
		p.leaves(o, other.Owner, rec.ID)
	}},
	{"still finds a record when one that ends sooner has ended", func(p *probe) {
		o, rec := p.ownerIndex(), p.stored(p.fresh())
		canary := p.shortly(func(at time.Time) error {
			short := newRecord(p.id(), rec.Owner, p.now())
			short.Expires = at
			return p.store.Create(p.ctx, short)
		})
		p.ends(canary)
		if n := count(p.owned(o, rec.Owner, 10), rec.ID); n != 1 {
			p.Errorf("Owned: the record appears %d times, want once", n)
		}
	}},
	{"loses a record that Replace takes the owner from", func(p *probe) {
		o, rec, other := p.siblings()
		p.replace(stub(rec, p.in(time.Minute)), rec.Version)
		p.leaves(o, rec.Owner, rec.ID)
		p.mustOnce(p.owned(o, rec.Owner, 10), []*coatcheck.Record{other})
	}},
	{"loses a record that is deleted", func(p *probe) {
		o, rec, other := p.siblings()
		p.delete(rec.ID)
		p.leaves(o, rec.Owner, rec.ID)
		p.mustOnce(p.owned(o, rec.Owner, 10), []*coatcheck.Record{other})
	}},
	{"loses a record that expired and made way for another owner's", func(p *probe) {
		o, dead := p.ownerIndex(), p.stored(p.expired())
		rec := p.stored(newRecord(dead.ID, randomOwner(), p.now()))
		p.mustOnce(p.owned(o, rec.Owner, 10), []*coatcheck.Record{rec})
		p.leaves(o, dead.Owner, dead.ID)
	}},
	{"finds every record that is created at once with others", func(p *probe) {
		o := p.ownerIndex()
		for range 15 {
			owner, recs := randomOwner(), make([]*coatcheck.Record, rivals)
			for i := range recs {
				recs[i] = newRecord(p.id(), owner, p.now())
			}
			crowd(workers(rivals, func(i int) {
				if err := p.handle(i).Create(p.ctx, recs[i]); err != nil {
					p.Errorf("Create: %v", err)
				}
			})...)
			p.mustOnce(p.owned(o, owner, 4), recs)
		}
	}},
	{"finds every record that is created while others are deleted", func(p *probe) {
		o := p.ownerIndex()
		for range 15 {
			owner, recs, old := randomOwner(), make([]*coatcheck.Record, 3), make([]*coatcheck.Record, 3)
			for i := range recs {
				recs[i] = newRecord(p.id(), owner, p.now())
				old[i] = p.stored(newRecord(p.id(), owner, p.now()))
			}
			jobs := workers(len(recs), func(i int) {
				if err := p.handle(i).Create(p.ctx, recs[i]); err != nil {
					p.Errorf("Create: %v", err)
				}
			})
			jobs = append(jobs, workers(len(old), func(i int) {
				if err := p.handle(i).Delete(p.ctx, old[i].ID); err != nil {
					p.Errorf("Delete: %v", err)
				}
			})...)
			crowd(jobs...)
			p.mustOnce(p.owned(o, owner, 4), recs)
		}
	}},
}, pagingChecks(func(p *probe) directory { return belongings(p.ownerIndex(), randomOwner()) })...)

// belongings is the directory of one owner's records.
func belongings(o coatcheck.OwnerIndex, owner string) directory {
	return directory{owner, func(ctx context.Context, cursor string, limit int) ([]coatcheck.ID, string, error) {
		return o.Owned(ctx, owner, cursor, limit)
	}}
}

// owned returns all IDs of an owner.
func (p *probe) owned(o coatcheck.OwnerIndex, owner string, limit int) []coatcheck.ID {
	p.Helper()
	return belongings(o, owner).all(p, limit)
}

// siblings stores two records of one owner.
func (p *probe) siblings() (o coatcheck.OwnerIndex, rec, other *coatcheck.Record) {
	p.Helper()
	o = p.ownerIndex()
	rec = p.stored(p.fresh())
	return o, rec, p.stored(newRecord(p.id(), rec.Owner, p.now()))
}

// leaves checks that Owned stops returning an ID that is no longer the owner's.
// An entry may outlive its record, so this may take a moment, further readings
// and sweeps, but an entry that stays for ever is a leak.
func (p *probe) leaves(o coatcheck.OwnerIndex, owner string, id coatcheck.ID) {
	p.Helper()
	p.eventually("the entry of an owner's former record goes", func() bool {
		if count(p.owned(o, owner, 100), id) == 0 {
			return true
		}
		if s, ok := p.store.(coatcheck.Sweeper); ok && canSweep(coatcheck.CapabilitiesOf(p.store)) {
			p.sweep(s, p.now(), 100)
		}
		return false
	})
}
