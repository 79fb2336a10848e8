package ring

import (
	"context"
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
	sites [2 * (maxFormer + 1)]site
	n     int
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

func (r *Ring) chainIn(t *topology, v *view, id coatcheck.ID) (*chain, error) {
	c := &chain{r: r, t: t, v: v, id: id}
	for _, s := range t.sets {
		if err := c.add(s.home(id, v.out())); err != nil {
			return nil, err
		}
		if v.returning > 0 {
			if err := c.add(s.home(id, v.away())); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// add appends a site unless it is there.
func (c *chain) add(m *member) error {
	if m == nil {
		return fmt.Errorf("ring: all members of this session's share are down")
	}
	if err := c.v.waits(m); err != nil {
		return err
	}
	if c.has(m.name) {
		return nil
	}
	c.sites[c.n] = c.site(m)
	c.n++
	return nil
}

func (c *chain) site(m *member) site { return site{m, c.v.epoch(m.name)} }

func (c *chain) has(name string) bool {
	for _, s := range c.sites[:c.n] {
		if s.name == name {
			return true
		}
	}
	return false
}

// target returns the site that a stub or a copy names. known is false if what
// is there has been fenced off, and so is not there.
func (c *chain) target(name string) (s site, known bool, err error) {
	if c.v.isOut(name) {
		return site{}, false, nil
	}
	m := c.t.byName[name]
	if m == nil {
		return site{}, false, fmt.Errorf("ring: the session is at member %q, which this process does not know: give it the new list of members", name)
	}
	return c.site(m), true, nil
}
