package ring

import (
	"context"
	"fmt"

	"github.com/coatcheck/coatcheck"
)

// Capabilities says what all members can.
func (r *Ring) Capabilities() coatcheck.Capabilities {
	return r.topo.Load().capabilities()
}

func (t *topology) capabilities() coatcheck.Capabilities {
	all := coatcheck.Capabilities{List: true, Owners: true, Sweep: true, Stat: true, Watch: true}
	for _, m := range t.members {
		all.List = all.List && m.caps.List
		all.Owners = all.Owners && m.caps.Owners
		all.Sweep = all.Sweep && m.caps.Sweep
		all.Stat = all.Stat && m.caps.Stat
		all.Watch = all.Watch && m.caps.Watch
	}
	return all
}

// A tour is one step of a walk over all members.
type tour struct {
	t       *topology
	v       *view
	members []*member // those that may have something
	at      int
	cursor  cursor
}

// tour begins a step behind a cursor.
func (r *Ring) tour(ctx context.Context, from string, limit int, can func(coatcheck.Capabilities) bool, what string) (*tour, error) {
	if err := r.usable(ctx); err != nil {
		return nil, err
	}
	t := r.topo.Load()
	if !can(t.capabilities()) {
		return nil, fmt.Errorf("ring: not all members can %s: %w", what, coatcheck.ErrUnsupported)
	}
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	v, err := r.look(ctx)
	if err != nil {
		return nil, err
	}
	x := &tour{t: t, v: v}
	x.members = x.t.members
	x.cursor, x.at, err = parseCursor(from, x.members)
	return x, err
}

func (x *tour) site() site { return site{x.members[x.at], x.v.epoch(x.members[x.at].name)} }

// over reports whether what the member has is fenced off. As long as others may
// still go by what it has, leaving that out is an error.
func (x *tour) over() (bool, error) {
	m := x.members[x.at]
	if !x.v.isOut(m.name) {
		return false, nil
	}
	if err := x.v.waits(m); err != nil {
		return false, &PartialError{Members: []string{m.name}, Err: err}
	}
	return true, nil
}

// next returns the cursor behind this step.
func (x *tour) next(inner string) string { return x.cursor.next(x.members, x.at, inner) }
