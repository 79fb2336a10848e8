package ring

import "github.com/coatcheck/coatcheck"

// Cost is the cost of a draw in bits.
func Cost(h uint64) float64 { return float64(cost(h)) / (1 << fraction) }

// RawCost is the same as the integer that it is.
func RawCost(h uint64) uint64 { return cost(h) }

// Home is the first that Locate returns, without the rest.
func (r *Ring) Home(id coatcheck.ID) string { return r.topo.Load().sets[0].home(id, nil).name }
