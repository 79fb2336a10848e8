package ring

import (
	"context"
	"errors"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// A chain is the sites where a record may be: its home, and then its homes by
// what is no longer so, the latest first. When nothing changes it is one site.
type chain struct {
	r     *Ring
	t     *topology
	v     *view
	id    coatcheck.ID
	sites []site
	n     int // their number

	first4 [4]site // what sites needs no allocation for
}

func (c *chain) home() site { return c.sites[0] }

// chain finds out where the record of id may be.
func (r *Ring) chain(ctx context.Context, id coatcheck.ID) (*chain, error) {
	if err := r.usable(ctx); err != nil {
		return nil, err
	}
	v, err := r.look(ctx)
	if err != nil {
		return nil, err
	}
	return r.chainIn(r.topo.Load(), v, id)
}

// chainIn finds it out by a topology and a view. In each set these are the
// members that come back, in the order of the ranking, and the first one behind
// them: whichever of them were out, that one stood in for them.
func (r *Ring) chainIn(t *topology, v *view, id coatcheck.ID) (*chain, error) {
	c := &chain{r: r, t: t, v: v, id: id}
	c.sites = c.first4[:0]
	for _, s := range t.sets {
		home := s.home(id, v.out())
		if home == nil && s == t.sets[0] {
			return nil, errors.New("ring: all members that could have the session are down")
		}
		for passed := []*member(nil); home != nil; home = s.home(id, v.outOr(passed)) {
			if err := c.add(home); err != nil {
				return nil, err
			}
			if !v.isReturning(home.name) {
				break
			}
			passed = append(passed, home)
		}
	}
	c.n = len(c.sites)
	return c, nil
}

// add appends a site unless it is there.
func (c *chain) add(m *member) error {
	if err := c.v.waits(m); err != nil {
		return err
	}
	if c.has(m.name) {
		return nil
	}
	c.sites = append(c.sites, c.site(m))
	return nil
}

func (c *chain) site(m *member) site { return site{m, c.v.epoch(m.name)} }

func (c *chain) has(name string) bool {
	for _, s := range c.sites {
		if s.name == name {
			return true
		}
	}
	return false
}

// target returns the site that a stub or a copy names. known is false if what
// was there then has been fenced off, or its member has been taken out for good.
// A stub may know better than our view that a member came back.
func (c *chain) target(e envelope) (s site, known bool, err error) {
	if e.peerEpoch < c.v.epoch(e.peer) {
		return site{}, false, nil
	}
	m := c.t.byName[e.peer]
	switch {
	case m != nil:
		return site{m, e.peerEpoch}, true, nil
	case c.t.gone[e.peer]:
		return site{}, false, nil
	}
	return site{}, false, fmt.Errorf("ring: the session is at member %q, which this process does not know: give it the new list of members", e.peer)
}
