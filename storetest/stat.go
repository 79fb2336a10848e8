package storetest

import (
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Figures may be a moment old, so these wait for them. Others' records count
// too, so these look for how the figures change.
var statChecks = []check{
	{"figures are −1 or more and limits 0 or more", func(p *probe) {
		p.stored(p.fresh())
		st := p.stat()
		for name, n := range map[string]int64{
			"Records": st.Records, "Anonymous": st.Anonymous, "Bytes": st.Bytes,
			"Evicted": st.Evicted, "Refused": st.Refused,
			"MaxRecords": st.MaxRecords - 1, "MaxBytes": st.MaxBytes - 1,
		} {
			if n < -1 {
				p.Errorf("Stat: %s is out of range in %+v", name, st)
			}
		}
	}},
	{"figures grow with the records and shrink with them", func(p *probe) {
		const each = 10
		before := p.stat()
		var recs []*coatcheck.Record
		for range each {
			recs = append(recs, p.stored(p.anonymous()), p.stored(p.fresh()))
		}
		p.comesTo("Records", before.Records, 2*each, func(st coatcheck.StoreStats) int64 { return st.Records })
		p.comesTo("Anonymous", before.Anonymous, each, func(st coatcheck.StoreStats) int64 { return st.Anonymous })
		for _, rec := range recs {
			p.delete(rec.ID)
		}
		p.comesTo("Records", before.Records, 0, func(st coatcheck.StoreStats) int64 { return st.Records })
		p.comesTo("Anonymous", before.Anonymous, 0, func(st coatcheck.StoreStats) int64 { return st.Anonymous })
	}},
	{"of Anonymous follows a record that loses its owner", func(p *probe) {
		before := p.stat()
		rec := p.stored(p.fresh())
		p.replace(stub(rec, p.in(time.Minute)), rec.Version)
		p.comesTo("Anonymous", before.Anonymous, 1, func(st coatcheck.StoreStats) int64 { return st.Anonymous })
	}},
	{"of Bytes is not less than what cannot be compressed", func(p *probe) {
		const size = 4096
		rec := p.fresh()
		rec.Data = randomBytes(size)
		p.stored(rec)
		p.eventually("Stat counts the bytes", func() bool {
			n := p.stat().Bytes
			return n == -1 || n >= size
		})
	}},
	{"of Records stays when records change", func(p *probe) {
		rec := p.stored(p.fresh())
		before := p.stat()
		for range 3 {
			next := successor(rec)
			p.replace(next, rec.Version)
			p.touch(rec.ID, rec.Deadline)
			rec = next
		}
		p.wants("Create over a live record", p.store.Create(p.ctx, clone(rec)), coatcheck.ErrExists)
		p.comesTo("Records", before.Records, 0, func(st coatcheck.StoreStats) int64 { return st.Records })
	}},
}

func (p *probe) stat() coatcheck.StoreStats {
	p.Helper()
	st, err := p.stater().Stat(p.ctx)
	if err != nil {
		p.Fatalf("Stat: %v", err)
	}
	return st
}

// comesTo waits until a figure is by so much above what it was. An unknown one
// stays unknown.
func (p *probe) comesTo(name string, before, more int64, of func(coatcheck.StoreStats) int64) {
	p.Helper()
	want := before + more
	if before == -1 {
		want = -1
	}
	p.eventually(fmt.Sprintf("Stat: %s comes to %d", name, want), func() bool { return of(p.stat()) == want })
}
