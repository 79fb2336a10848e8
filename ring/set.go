package ring

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring/ketama"
)

// A set is members with their weights, as they share the IDs at one time.
// Standbys are not in it. It does not change.
type set struct {
	shares []share
	ketama *ketama.Continuum // nil for rendezvous
	hash   func(coatcheck.ID) uint32
}

// A share is a member's part in a set.
type share struct {
	*member
	weight float64
	seeds  seeds
}

// checkMembers complains about every contradiction in a list of members.
func checkMembers(members []Member, o *Options) error {
	names := map[string]bool{}
	active := 0
	for i, m := range members {
		switch {
		case !goodName(m.Name):
			return invalid("Members[%d].Name is %q; it must be 1 to %d bytes of printable ASCII without spaces", i, m.Name, maxName)
		case names[m.Name]:
			return invalid("two members are called %q; give each a name of its own", m.Name)
		case m.Store == nil:
			return invalid("member %q has no Store", m.Name)
		case isRing(m.Store):
			return invalid("member %q is itself a ring, whose stubs this one could not tell from its own; list its members instead", m.Name)
		case m.Standby && m.Weight != 0:
			return invalid("member %q is a standby with a weight of %v; leave out one of both", m.Name, m.Weight)
		case !m.Standby && !(m.Weight > 0 && m.Weight <= math.MaxFloat32): // NaN, too
			return invalid("member %q has a weight of %v; it must be above 0 and finite", m.Name, m.Weight)
		case !m.Standby && o.Layout == Ketama && m.Weight != math.Trunc(m.Weight):
			return invalid("member %q has a weight of %v; ketama wants whole numbers", m.Name, m.Weight)
		}
		names[m.Name] = true
		if !m.Standby {
			active++
		}
	}
	switch {
	case len(members) == 0:
		return invalid("there are no members")
	case active == 0:
		return invalid("all members are standbys; give one of them a weight")
	case o.Policy == FailOver && active == 1:
		return invalid("Options.Policy is FailOver, but only one member has a weight; nothing could take over")
	}
	return nil
}

func isRing(s coatcheck.Store) bool {
	_, ok := s.(*Ring)
	return ok
}

func goodName(s string) bool {
	for _, b := range []byte(s) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("ring: %w: "+format, append([]any{coatcheck.ErrInvalid}, args...)...)
}

// newSet makes the set of those members that have a weight.
func newSet(members []Member, by map[string]*member, o *Options) (*set, error) {
	s := &set{hash: o.hash}
	var servers []ketama.Server
	for _, m := range members {
		if !m.Standby {
			s.shares = append(s.shares, share{by[m.Name], m.Weight, seedsOf(m.Name)})
		}
	}
	slices.SortFunc(s.shares, func(a, b share) int { return cmp.Compare(a.name, b.name) })
	if o.Layout != Ketama {
		return s, nil
	}
	for _, sh := range s.shares {
		servers = append(servers, ketama.Server{Name: sh.name, Weight: int(sh.weight)})
	}
	var err error
	if s.ketama, err = o.KetamaNew(servers); err != nil {
		return nil, invalid("%w", err)
	}
	return s, nil
}

// home returns the member that id belongs to among those that out does not
// name, or nil.
func (s *set) home(id coatcheck.ID, out func(*member) bool) *member {
	if s.ketama != nil {
		if out == nil {
			return s.shares[s.ketama.Find(s.hash(id))].member
		}
		for _, i := range s.ketama.Order(s.hash(id)) {
			if m := s.shares[i].member; !out(m) {
				return m
			}
		}
		return nil
	}
	var best *member
	var least float64
	for i := range s.shares {
		sh := &s.shares[i]
		if out != nil && out(sh.member) {
			continue
		}
		// Names decide between equals: the shares are sorted by them.
		if c := sh.cost(&id); best == nil || c < least {
			best, least = sh.member, c
		}
	}
	return best
}

func (sh *share) cost(id *coatcheck.ID) float64 { return float64(cost(sh.seeds.draw(id))) / sh.weight }

// order returns all members of the set as id prefers them.
func (s *set) order(id coatcheck.ID) []*member {
	all := make([]*member, 0, len(s.shares))
	if s.ketama != nil {
		for _, i := range s.ketama.Order(s.hash(id)) {
			all = append(all, s.shares[i].member)
		}
		return all
	}
	ranked := slices.Clone(s.shares)
	slices.SortStableFunc(ranked, func(a, b share) int { return cmp.Compare(a.cost(&id), b.cost(&id)) })
	for _, sh := range ranked {
		all = append(all, sh.member)
	}
	return all
}
