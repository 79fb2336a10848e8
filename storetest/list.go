package storetest

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var listChecks = append([]check{
	{"gives whole records", func(p *probe) {
		l := p.lister()
		want := map[coatcheck.ID]*coatcheck.Record{}
		for range 6 {
			for _, rec := range []*coatcheck.Record{p.stored(p.fresh()), p.stored(p.anonymous())} {
				want[rec.ID] = rec
			}
		}
		p.eachListed(l, func(rec *coatcheck.Record) {
			if w := want[rec.ID]; w != nil {
				if d := difference(rec, w); d != "" {
					p.Errorf("List: %s", d)
				}
				delete(want, rec.ID)
			}
		})
		if len(want) > 0 {
			p.Errorf("List: %d of 12 live records are missing", len(want))
		}
	}},
	{"gives records as Replace and Touch have left them", func(p *probe) {
		l, rec := p.lister(), p.stored(p.fresh())
		want := successor(rec)
		p.replace(want, rec.Version)
		p.touch(rec.ID, rec.Deadline)
		want = clone(want)
		want.Expires = rec.Deadline
		found := false
		p.eachListed(l, func(got *coatcheck.Record) {
			if got.ID != rec.ID {
				return
			}
			found = true
			if d := difference(got, want); d != "" {
				p.Errorf("List: %s", d)
			}
		})
		if !found {
			p.Error("List: the record is missing")
		}
	}},
	{"gives no record that has been deleted before", func(p *probe) {
		l, rec := p.lister(), p.stored(p.fresh())
		p.delete(rec.ID)
		if n := count(p.listed(l, 100), rec.ID); n != 0 {
			p.Errorf("List: the record appears %d times after its Delete", n)
		}
	}},
}, pagingChecks(func(p *probe) directory { return listing(p.lister()) })...)

// listing is the directory of all records. It has those without an owner added.
func listing(l coatcheck.Lister) directory {
	return directory{page: func(ctx context.Context, cursor string, limit int) ([]coatcheck.ID, string, error) {
		recs, next, err := l.List(ctx, cursor, limit)
		ids := make([]coatcheck.ID, len(recs))
		for i, rec := range recs {
			ids[i] = rec.ID
		}
		return ids, next, err
	}}
}

// listed returns the IDs of all records.
func (p *probe) listed(l coatcheck.Lister, limit int) []coatcheck.ID {
	p.Helper()
	return listing(l).all(p, limit)
}

// eachListed calls f with each record, in pages of five.
func (p *probe) eachListed(l coatcheck.Lister, f func(*coatcheck.Record)) {
	p.Helper()
	d := listing(listerFunc(func(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
		recs, next, err := l.List(ctx, cursor, limit)
		for _, rec := range recs {
			p.exhibit("returned by List", rec)
			f(rec)
		}
		return recs, next, err
	}))
	d.all(p, 5)
}

type listerFunc func(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error)

func (f listerFunc) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	return f(ctx, cursor, limit)
}
