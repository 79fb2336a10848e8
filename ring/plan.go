package ring

import (
	"math"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring/ketama"
)

// Locate returns the names of the members in the order in which id prefers
// them: the first is its home, and with [FailOver] the next take over, one
// after the other. Whether they are up does not matter, nor whether the session
// has moved there yet.
func (r *Ring) Locate(id coatcheck.ID) []string {
	var names []string
	for _, m := range r.topo.Load().sets[0].order(id) {
		names = append(names, m.name)
	}
	return names
}

// A Plan shows what a change of members would do.
type Plan struct {
	Before, After map[string]float64 // each member's share of all IDs, 0 to 1
	Moves         float64            // the part of all IDs whose home changes
}

// Plan returns what [Ring.SetMembers] would do with these members, and its
// error. Nothing is changed. The figures are exact for an endless number of
// IDs.
func (r *Ring) Plan(members []Member) (Plan, error) {
	before := r.topo.Load()
	after, err := r.topology(before, members)
	if err != nil {
		return Plan{}, err
	}
	a, b := before.sets[0], after.sets[0]
	p := Plan{Before: a.portions(), After: b.portions()}
	if a.ketama != nil {
		p.Moves = moves(a, b)
		return p, nil
	}
	p.Moves = max(1-stays(a, b), 0)
	return p, nil
}

// portions returns each member's share.
func (s *set) portions() map[string]float64 {
	portions := map[string]float64{}
	if s.ketama != nil {
		s.arcs(func(_, _ uint32, i int, part float64) { portions[s.shares[i].name] += part })
		return portions
	}
	total := 0.0
	for _, sh := range s.shares {
		total += sh.weight
	}
	for _, sh := range s.shares {
		portions[sh.name] = sh.weight / total
	}
	return portions
}

// arcs calls fn for each part of the continuum that belongs to one server: its
// first and its last hash. The part that goes over the end comes as two.
func (s *set) arcs(fn func(first, last uint32, server int, part float64)) {
	points := s.ketama.Points()
	next := uint64(0)
	each := func(last uint64, p ketama.Point) {
		if last >= next {
			fn(uint32(next), uint32(last), s.ketama.Find(uint32(last)), float64(last-next+1)/(1<<32))
			next = last + 1
		}
	}
	for _, p := range points {
		each(uint64(p.Value), p)
	}
	each(math.MaxUint32, points[0])
}

// stays returns the part of all IDs whose home is the same in both sets. A
// member i has an ID in both if the draw of each other one, j, is above its own
// by both ratios of weights; for exponentially distributed draws that has the
// probability 1 / (1 + Σ max(wj/wi, vj/vi)).
func stays(a, b *set) float64 {
	weights := map[string][2]float64{}
	for i, s := range [...]*set{a, b} {
		for _, sh := range s.shares {
			w := weights[sh.name]
			w[i] = sh.weight
			weights[sh.name] = w
		}
	}
	sum := 0.0
	for i, mine := range weights {
		if mine[0] == 0 || mine[1] == 0 {
			continue
		}
		rivals := 1.0
		for j, w := range weights {
			if i != j {
				rivals += max(w[0]/mine[0], w[1]/mine[1])
			}
		}
		sum += 1 / rivals
	}
	return sum
}

// moves returns the part of the continuum that belongs to another member in b.
func moves(a, b *set) (part float64) {
	type arc struct {
		last uint32
		name string
	}
	cut := func(s *set) (all []arc) {
		s.arcs(func(_, last uint32, i int, _ float64) { all = append(all, arc{last, s.shares[i].name}) })
		return all
	}
	x, y := cut(a), cut(b)
	next := uint64(0)
	for i, j := 0, 0; i < len(x) && j < len(y); {
		last := uint64(min(x[i].last, y[j].last))
		if x[i].name != y[j].name {
			part += float64(last-next+1) / (1 << 32)
		}
		next = last + 1
		if uint64(x[i].last) == last {
			i++
		}
		if uint64(y[j].last) < next {
			j++
		}
	}
	return part
}
