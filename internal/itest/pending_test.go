package itest_test

import (
	"fmt"
	"slices"
	"strings"
)

// A value is one key and its number. The ledger keeps them in the order in
// which a record does, since only a change of its bytes is a change.
type value struct {
	name string
	n    int
}

// values are what a session holds.
type values []value

func (v values) find(name string) int {
	return slices.IndexFunc(v, func(e value) bool { return e.name == name })
}

// get returns the number of a key, 0 if there is none.
func (v values) get(name string) int {
	if i := v.find(name); i >= 0 {
		return v[i].n
	}
	return 0
}

// json is what the record's data ought to be.
func (v values) json() string {
	var members []string
	for _, e := range v {
		members = append(members, fmt.Sprintf("%q:%d", e.name, e.n))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// A plan is what is pending for one key.
type plan struct {
	name    string
	present bool
	n       int   // what a reader sees before the save
	adds    []int // updates, to be worked out anew on what is stored by then
	update  bool  // whether adds count, and not n
}

// pending are the changes that a view has not saved yet.
type pending struct {
	cleared bool
	plans   []plan
}

func (p *pending) empty() bool { return !p.cleared && len(p.plans) == 0 }

func (p *pending) find(name string) *plan {
	i := slices.IndexFunc(p.plans, func(e plan) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	return &p.plans[i]
}

// clone returns an independent copy.
func (p *pending) clone() pending {
	c := pending{p.cleared, slices.Clone(p.plans)}
	for i := range c.plans {
		c.plans[i].adds = slices.Clone(c.plans[i].adds)
	}
	return c
}

// put plans a value, or its removal.
func (p *pending) put(e plan) {
	if old := p.find(e.name); old != nil {
		*old = e
		return
	}
	p.plans = append(p.plans, e)
}

// add plans an update by d. seen is what a reader sees before it.
func (p *pending) add(name string, d, seen int) {
	old := p.find(name)
	if old == nil {
		p.plans = append(p.plans, plan{name: name, present: true, n: seen + d, adds: []int{d}, update: !p.cleared})
		return
	}
	old.present, old.n = true, seen+d
	if old.update {
		old.adds = append(old.adds, d)
	}
}

func (p *pending) clear() { *p = pending{cleared: true} }

// look returns what a reader sees of a key, on top of what is stored.
func (p *pending) look(stored values, name string) (n int, ok bool) {
	if e := p.find(name); e != nil {
		if !e.present {
			return 0, false
		}
		return e.n, true
	}
	if i := stored.find(name); i >= 0 && !p.cleared {
		return stored[i].n, true
	}
	return 0, false
}

// apply returns what a save makes of what is stored.
func (p *pending) apply(stored values) values {
	var out values
	result := func(e *plan) value {
		if !e.update {
			return value{e.name, e.n}
		}
		n := stored.get(e.name)
		for _, d := range e.adds {
			n += d
		}
		return value{e.name, n}
	}
	for _, v := range stored {
		switch e := p.find(v.name); {
		case p.cleared:
		case e == nil:
			out = append(out, v)
		case e.present:
			out = append(out, result(e))
		}
	}
	for i := range p.plans {
		e := &p.plans[i]
		if e.present && (p.cleared || stored.find(e.name) < 0) {
			out = append(out, result(e))
		}
	}
	return out
}
