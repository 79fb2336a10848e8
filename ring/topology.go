package ring

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/coatcheck/coatcheck"
)

// A topology is what a ring knows of its members at one time. It does not
// change; an operation keeps the one that it began with.
type topology struct {
	sets    []*set // the present one, then those whose records may not have moved
	current []Member
	members []*member // all, standbys and former ones included, by name
	byName  map[string]*member
	gone    map[string]bool // members that were taken out and concluded
	changed chan struct{}   // closed when another topology takes its place
}

// maxFormer is how many changes may be under way at once.
const maxFormer = 3

// topology returns the one that follows before, which may be nil.
func (r *Ring) topology(before *topology, members []Member) (*topology, error) {
	if err := checkMembers(members, &r.opts); err != nil {
		return nil, err
	}
	t := &topology{current: slices.Clone(members), byName: map[string]*member{}, changed: make(chan struct{})}
	if before != nil {
		if len(before.sets) > maxFormer {
			return nil, invalid("%d changes of members are under way; run Rebalance and Conclude before the next", maxFormer)
		}
		for _, m := range before.members {
			t.byName[m.name] = m
		}
		t.gone = before.gone
	}
	for _, m := range members {
		// With another store behind the name, whatever is on its way keeps
		// the old one; former sets get the new one.
		if was := t.byName[m.Name]; was == nil || !same(was.store, m.Store) {
			t.byName[m.Name] = r.member(m)
		}
	}
	now, err := newSet(members, t.byName, &r.opts)
	if err != nil {
		return nil, err
	}
	t.sets = []*set{now}
	if before != nil {
		for _, s := range before.sets {
			t.sets = append(t.sets, s.with(t.byName))
		}
	}
	t.collect()
	return t, nil
}

// only returns the topology without the former sets.
func (t *topology) only() *topology {
	o := &topology{sets: t.sets[:1], current: t.current, byName: map[string]*member{}, changed: make(chan struct{})}
	for _, m := range t.current {
		o.byName[m.Name] = t.byName[m.Name]
	}
	o.gone = maps.Clone(t.gone)
	if o.gone == nil {
		o.gone = map[string]bool{}
	}
	for _, m := range t.members {
		o.gone[m.name] = true // unless byName has it
	}
	o.collect()
	return o
}

func (t *topology) collect() {
	for _, m := range t.byName {
		t.members = append(t.members, m)
	}
	slices.SortFunc(t.members, func(a, b *member) int { return cmp.Compare(a.name, b.name) })
}

func (r *Ring) member(m Member) *member {
	made := &member{name: m.Name, store: m.Store, caps: coatcheck.CapabilitiesOf(m.Store), timeout: r.opts.MemberTimeout}
	if r.opts.Policy == FailOver {
		made.breaker.opened = r.fenceSoon
	}
	return made
}

// same reports whether two stores are one. Those that cannot be compared are not.
func same(a, b coatcheck.Store) bool { return reflect.TypeOf(a).Comparable() && a == b }

// with returns the set with the members that stand for the names now.
func (s *set) with(by map[string]*member) *set {
	c := *s
	c.shares = slices.Clone(s.shares)
	for i := range c.shares {
		c.shares[i].member = by[c.shares[i].name]
	}
	return &c
}

// install puts t in the place of the present topology. The caller holds
// r.change.
func (r *Ring) install(t *topology) {
	old := r.topo.Swap(t)
	close(old.changed)
}
