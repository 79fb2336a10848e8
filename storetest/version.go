package storetest

import (
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// versions are numbers that some representation cannot tell from another: a
// float64 has 53 bits, an int 32 on some platforms, and 0 may mean "none".
var versions = []uint64{
	0, 1, 2, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 1,
	1 << 53, 1<<53 + 1, 1<<53 + 2, 1 << 62, 1<<62 + 1, 1<<63 - 2, 1<<63 - 1,
}

// confusable are pairs of a stored version and another one.
var confusable = []struct {
	why           string
	stored, other uint64
}{
	{"that differs in the lowest bit", 0x1234_5678, 0x1234_5679},
	{"with the same low 32 bits", 5<<32 | 77, 6<<32 | 77},
	{"with the same high 32 bits", 5<<32 | 77, 5<<32 | 78},
	{"that is the same float64", 1<<53 + 1, 1 << 53},
	{"that is the same float64 at 2^62", 1<<62 + 1, 1 << 62},
	{"that is the same float64 at 2^63", 1<<63 - 1, 1<<63 - 2},
	{"0 where 1 is stored", 1, 0},
	{"1 where 0 is stored", 0, 1},
	{"that is lower", 1000, 999},
	{"that is higher", 1000, 1001},
	{"that differs in the highest bit", 1<<62 | 77, 77},
	{"with more digits", 12, 123},
}

var versionChecks = func() []check {
	checks := []check{
		{"is kept as given", func(p *probe) {
			for _, v := range versions {
				rec := p.fresh()
				rec.Version = v
				p.holds(p.stored(stamp(rec)))
			}
		}},
		{"is kept as given by Replace", func(p *probe) {
			rec := p.stored(p.fresh())
			for _, v := range versions {
				next := *rec
				next.Version = v
				p.replace(stamp(&next), rec.Version)
				p.holds(&next)
				rec = &next
			}
		}},
		{"need not grow", func(p *probe) {
			rec := p.fresh()
			rec.Version = 1 << 40
			p.stored(rec)
			next := *rec
			next.Version = 3
			p.replace(stamp(&next), rec.Version)
			p.holds(&next)
		}},
	}
	for _, c := range confusable {
		checks = append(checks, check{fmt.Sprintf("%s is a conflict", c.why), func(p *probe) {
			rec := p.fresh()
			rec.Version = c.stored
			p.stored(stamp(rec))
			next := successor(rec)
			p.wants(fmt.Sprintf("Replace at version %d where %d is stored", c.other, c.stored),
				p.store.Replace(p.ctx, next, c.other), coatcheck.ErrConflict)
			p.holds(rec)
			p.replace(next, c.stored)
			p.holds(next)
		}})
	}
	return checks
}()
