package storetest

var loadChecks = []check{
	{"returns what Create put there", func(p *probe) {
		p.holds(p.stored(p.fresh()))
		p.holds(p.stored(p.anonymous()))
	}},
	{"returns the same again", func(p *probe) {
		rec := p.stored(p.fresh())
		for range 3 {
			p.holds(rec)
		}
	}},
	{"says ErrNotFound for an absent record", func(p *probe) {
		p.absent(p.id())
	}},
	{"says ErrNotFound for a deleted record", func(p *probe) {
		rec := p.stored(p.fresh())
		p.delete(rec.ID)
		p.absent(rec.ID)
	}},
	{"says ErrNotFound for an expired record", func(p *probe) {
		p.absent(p.stored(p.expired()).ID)
	}},
	{"does not take an ID for another that begins alike", func(p *probe) {
		rec := p.stored(p.fresh())
		other := p.id()
		copy(other[:], rec.ID[:16])
		p.absent(other)
		p.holds(rec)
	}},
}
