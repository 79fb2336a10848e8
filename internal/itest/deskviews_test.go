package itest_test

import (
	"context"
	"errors"

	"pgregory.net/rapid"

	"github.com/coatcheck/coatcheck"
)

// An alteration is one change by a key, in a session and in the ledger.
type alteration struct {
	kind, name string
	n          int
}

func drawAlteration(t *rapid.T) alteration {
	return alteration{
		rapid.SampledFrom([]string{"set", "update", "update", "delete", "pop", "clear"}).Draw(t, "change"),
		rapid.SampledFrom(names).Draw(t, "key"),
		rapid.IntRange(0, 3).Draw(t, "number"),
	}
}

// in makes the change in a session.
func (a alteration) in(s *coatcheck.Session) (popped int) {
	switch a.kind {
	case "set":
		key(a.name).Set(s, a.n)
	case "update":
		key(a.name).Update(s, func(n int) int { return n + a.n })
	case "delete":
		key(a.name).Delete(s)
	case "pop":
		return key(a.name).Pop(s)
	case "clear":
		s.Clear()
	}
	return 0
}

// on makes it in the ledger.
func (a alteration) on(p *pending, stored values) (popped int) {
	seen, ok := p.look(stored, a.name)
	switch a.kind {
	case "set":
		p.put(plan{name: a.name, present: true, n: a.n})
	case "update":
		p.add(a.name, a.n, seen)
	case "delete":
		p.put(plan{name: a.name})
	case "pop":
		if ok {
			p.put(plan{name: a.name})
		}
		return seen
	case "clear":
		p.clear()
	}
	return 0
}

// stored is what the view knows to be stored.
func (v *view) stored() values {
	if v.phase != live {
		return nil
	}
	return v.as.holds
}

// change changes a key in a view.
func (d *desk) change(t *rapid.T) {
	v, a := d.view(t), drawAlteration(t)
	if got, want := a.in(v.s), a.on(&v.pending, v.stored()); got != want {
		t.Fatalf("Pop = %d, want %d", got, want)
	}
}

// save saves a view.
func (d *desk) save(t *rapid.T) {
	v := d.view(t)
	err := v.s.Save(context.Background())
	expect(t, "Save", err, d.keep(v))
}

// keep is what Save does, in the ledger.
func (d *desk) keep(v *view) error {
	if v.pending.empty() {
		return nil
	}
	return d.record(v, func(values) pending { return v.pending })
}

// record saves the changes that work works out on what is stored. They include
// all that are pending.
func (d *desk) record(v *view, work func(stored values) pending) error {
	if v.phase == over {
		d.met["save after the end"]++
		v.end()
		return coatcheck.ErrGone
	}
	p := work(v.stored())
	if v.phase == unborn {
		if holds := p.apply(nil); len(holds) > 0 {
			v.adopt(d.ledger.begin(v.s.ID(), v.s.Token(), "", holds))
		}
		v.pending = pending{}
		return nil
	}
	if p.empty() {
		return nil
	}
	e := d.ledger.live(v.as.id)
	if e == nil {
		d.met["save after the end"]++
		v.end()
		return coatcheck.ErrGone
	}
	known := *v.as
	if e.version != known.version {
		d.met["merged onto another's save"]++
		p = work(e.holds)
	}
	d.ledger.write(e, &p)
	v.adopt(e)
	if e.version == known.version {
		d.met["saved what was there"]++
		v.as.expires = known.expires // nothing new was loaded or written
	}
	v.pending = pending{}
	return nil
}

// errRefused is what a Transact function returns that changed its mind.
var errRefused = errors.New("itest: refused")

// transact runs a transaction on a view.
func (d *desk) transact(t *rapid.T) {
	v := d.view(t)
	list, refuse := drawTransaction(t)
	err := v.s.Transact(context.Background(), transaction(list, refuse))
	if v.phase != over && refuse {
		expect(t, "Transact", err, errRefused)
		return
	}
	expect(t, "Transact", err, d.record(v, func(stored values) pending {
		p := v.pending.clone()
		for _, a := range list {
			a.on(&p, stored)
		}
		return p
	}))
}

func drawTransaction(t *rapid.T) (list []alteration, refuse bool) {
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		list = append(list, drawAlteration(t))
	}
	return list, rapid.IntRange(0, 4).Draw(t, "refuse") == 0
}

// transaction is the function of a transaction.
func transaction(list []alteration, refuse bool) func(*coatcheck.Session) error {
	return func(s *coatcheck.Session) error {
		for _, a := range list {
			a.in(s)
		}
		if refuse {
			return errRefused
		}
		return nil
	}
}

// touch touches a view.
func (d *desk) touch(t *rapid.T) {
	v := d.view(t)
	err := v.s.Touch(context.Background())
	switch {
	case v.phase == over:
		expect(t, "Touch", err, coatcheck.ErrGone)
	case v.phase == live && d.usedBy(v, true):
		v.end()
		expect(t, "Touch", err, coatcheck.ErrGone)
	default:
		expect(t, "Touch", err, nil)
	}
}
