package storetest

import "github.com/coatcheck/coatcheck"

func (p *probe) lister() coatcheck.Lister {
	p.Helper()
	return optional[coatcheck.Lister](p, canList)
}

func (p *probe) ownerIndex() coatcheck.OwnerIndex {
	p.Helper()
	return optional[coatcheck.OwnerIndex](p, canOwn)
}

func (p *probe) sweeper() coatcheck.Sweeper {
	p.Helper()
	return optional[coatcheck.Sweeper](p, canSweep)
}

func (p *probe) stater() coatcheck.Stater {
	p.Helper()
	return optional[coatcheck.Stater](p, canStat)
}

func (p *probe) watcher() coatcheck.Watcher {
	p.Helper()
	return optional[coatcheck.Watcher](p, canWatch)
}

// optional returns an optional interface of the store under test. It skips the
// check if the store does not claim to have it.
func optional[I any](p *probe, can func(coatcheck.Capabilities) bool) I {
	p.Helper()
	if !can(coatcheck.CapabilitiesOf(p.store)) {
		p.Skip("storetest: the store has no such capability")
	}
	i, ok := p.store.(I)
	if !ok {
		p.Fatalf("the store declares a capability but has no %T method", new(I))
	}
	return i
}
