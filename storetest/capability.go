package storetest

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

var capabilityChecks = []check{
	{"that is declared is there", func(p *probe) {
		can := coatcheck.CapabilitiesOf(p.store)
		for name, missing := range map[string]bool{
			"List":   can.List && !has[coatcheck.Lister](p),
			"Owners": can.Owners && !has[coatcheck.OwnerIndex](p),
			"Sweep":  can.Sweep && !has[coatcheck.Sweeper](p),
			"Stat":   can.Stat && !has[coatcheck.Stater](p),
			"Watch":  can.Watch && !has[coatcheck.Watcher](p),
		} {
			if missing {
				p.Errorf("the store declares %s but does not have the method", name)
			}
		}
	}},
	{"that is denied is ErrUnsupported", func(p *probe) {
		can := coatcheck.CapabilitiesOf(p.store)
		// For a Watch that watches although it is denied.
		ctx, cancel := context.WithTimeout(p.ctx, skew)
		defer cancel()
		denied := func(method string, err error) {
			p.Helper()
			p.wants(method+", which is denied", err, coatcheck.ErrUnsupported)
		}
		if s, ok := p.store.(coatcheck.Lister); ok && !can.List {
			_, _, err := s.List(ctx, "", 1)
			denied("List", err)
		}
		if s, ok := p.store.(coatcheck.OwnerIndex); ok && !can.Owners {
			_, _, err := s.Owned(ctx, randomOwner(), "", 1)
			denied("Owned", err)
		}
		if s, ok := p.store.(coatcheck.Sweeper); ok && !can.Sweep {
			_, err := s.Sweep(ctx, p.now(), "", 1)
			denied("Sweep", err)
		}
		if s, ok := p.store.(coatcheck.Stater); ok && !can.Stat {
			_, err := s.Stat(ctx)
			denied("Stat", err)
		}
		if s, ok := p.store.(coatcheck.Watcher); ok && !can.Watch {
			denied("Watch", s.Watch(ctx, func(coatcheck.Change) {}))
		}
	}},
}

func has[I any](p *probe) bool {
	_, ok := p.store.(I)
	return ok
}
