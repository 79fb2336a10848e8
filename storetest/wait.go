package storetest

import (
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
)

// skew is how far the clock of a store that has no settable one may be from
// ours: some go by the clock of their server.
const skew = 100 * time.Millisecond

// eventually asks yes again and again until it says so, and ends the check if
// that takes too long. It is for what the contract allows to take a moment,
// and for the time of day, which no test can set in a server.
func (p *probe) eventually(what string, yes func() bool) {
	p.Helper()
	deadline := time.After(patience / 6)
	for pause := time.Millisecond; !yes(); pause = min(2*pause, skew/2) {
		select {
		case <-time.After(pause):
		case <-deadline:
			p.Fatalf("waited in vain: %s", what)
		}
	}
}

// shortly picks a moment in the near future and has prepare set the store up
// for it. Where the machine is too slow for that, it tries again with a later
// moment. It returns a record that expires at the moment: when that is
// absent, the moment has passed by the store's clock.
func (p *probe) shortly(prepare func(end time.Time) error) *coatcheck.Record {
	p.Helper()
	for lead := 2 * skew; lead < patience; lead *= 2 {
		canary := p.fresh()
		canary.Expires = p.in(lead)
		err := errors.Join(p.store.Create(p.ctx, canary), prepare(canary.Expires))
		late := time.Now().Add(skew / 2).After(canary.Expires)
		if err == nil && !late {
			return canary
		}
		if !late {
			p.Fatalf("preparing a record that ends soon: %v", err)
		}
	}
	p.Fatal("the store is too slow to prepare a record before it ends")
	return nil
}

// ends waits until a record is gone, and checks that it goes at its Expires
// and neither earlier nor later.
func (p *probe) ends(rec *coatcheck.Record) {
	p.Helper()
	p.eventually("the record ends", func() bool {
		before := time.Now()
		_, err := p.loadFrom(p.store, rec.ID)
		if err == nil {
			if late := before.Sub(rec.Expires); late > skew {
				p.Fatalf("Load: the record is served %v after its Expires", late)
			}
			return false
		}
		p.wants("Load", err, coatcheck.ErrNotFound)
		if early := time.Until(rec.Expires); early > skew {
			p.Fatalf("Load: the record is absent %v before its Expires", early)
		}
		return true
	})
}
