package itest_test

import (
	"context"
	"errors"
	"slices"

	"pgregory.net/rapid"

	"github.com/coatcheck/coatcheck"
)

// renew renews the session of a view.
func (d *desk) renew(t *rapid.T) {
	v := d.view(t)
	err := v.s.Renew(context.Background())
	if v.phase == unborn {
		expect(t, "Renew", err, d.keep(v))
		return
	}
	expect(t, "Renew", err, d.replace(v, func(old *entry) *entry {
		e := d.ledger.begin(v.s.ID(), v.s.Token(), old.owner, v.pending.apply(old.holds))
		e.created, e.auth, e.deadline = old.created, old.auth, old.deadline
		e.expires = d.ledger.idleEnd(e)
		return e
	}))
}

// login logs somebody in to a view.
func (d *desk) login(t *rapid.T) {
	v, owner := d.view(t), rapid.SampledFrom(owners).Draw(t, "owner")
	err := v.s.Login(context.Background(), owner)
	if v.phase == unborn {
		expect(t, "Login", err, nil)
		v.adopt(d.ledger.begin(v.s.ID(), v.s.Token(), owner, v.pending.apply(nil)))
		v.pending = pending{}
		return
	}
	expect(t, "Login", err, d.replace(v, func(old *entry) *entry {
		if old.owner != "" && old.owner != owner {
			d.met["logged in as another"]++
			return d.ledger.begin(v.s.ID(), v.s.Token(), owner, nil)
		}
		e := d.ledger.begin(v.s.ID(), v.s.Token(), owner, v.pending.apply(old.holds))
		e.created = old.created
		return e
	}))
}

// replace puts another session in the place of the view's.
func (d *desk) replace(v *view, next func(old *entry) *entry) error {
	var old *entry
	if v.phase == live {
		old = d.ledger.live(v.as.id)
	}
	if old == nil {
		d.met["renewal after the end"]++
		v.end()
		return coatcheck.ErrGone
	}
	if !v.pending.empty() {
		d.met["renewed with changes"]++
	}
	v.adopt(next(old))
	d.ledger.succeed(old)
	v.pending = pending{}
	return nil
}

// destroy ends the session of a view.
func (d *desk) destroy(t *rapid.T) {
	v := d.view(t)
	err := v.s.Destroy(context.Background())
	if v.phase == live {
		if e := d.ledger.get(v.as.id); e != nil && e.stub {
			d.met["destroyed after a renewal"]++
			v.end()
		} else {
			delete(d.ledger.entries, v.as.id)
		}
	}
	if v.phase == over {
		expect(t, "Destroy", err, coatcheck.ErrGone)
		return
	}
	expect(t, "Destroy", err, nil)
	v.phase, v.as, v.pending = unborn, nil, pending{}
}

// update changes a session from outside.
func (d *desk) update(t *rapid.T) {
	id := d.id(t)
	list, refuse := drawTransaction(t)
	err := d.managers[d.manager(t)].Update(context.Background(), id, transaction(list, refuse))
	e := d.ledger.live(id)
	switch {
	case e == nil:
		expect(t, "Update", err, coatcheck.ErrNotFound)
	case refuse:
		expect(t, "Update", err, errRefused)
	default:
		expect(t, "Update", err, nil)
		var p pending
		for _, a := range list {
			a.on(&p, e.holds)
		}
		d.ledger.write(e, &p)
	}
}

// destroyID ends the session of an ID. One that was renewed lives on.
func (d *desk) destroyID(t *rapid.T) {
	id := d.id(t)
	err := d.managers[d.manager(t)].Destroy(context.Background(), id)
	if e := d.ledger.get(id); e != nil && e.stub {
		expect(t, "Destroy", err, coatcheck.ErrGone)
		return
	}
	expect(t, "Destroy", err, nil)
	delete(d.ledger.entries, id)
}

// destroyOwner ends an owner's sessions, but one perhaps.
func (d *desk) destroyOwner(t *rapid.T) {
	owner, m := rapid.SampledFrom(owners).Draw(t, "owner"), d.managers[d.manager(t)]
	var except []coatcheck.ID
	if len(d.ledger.tokens) > 0 && rapid.Bool().Draw(t, "but one") {
		except = append(except, d.id(t))
	}
	n, err := m.DestroyOwner(context.Background(), owner, except...)
	expect(t, "DestroyOwner", err, nil)
	want := 0
	for _, e := range d.ledger.ofOwner(owner) {
		if slices.Contains(except, e.id) {
			d.met["spared by DestroyOwner"]++
			continue
		}
		delete(d.ledger.entries, e.id)
		want++
	}
	if n != want {
		t.Fatalf("DestroyOwner = %d, want %d", n, want)
	}
}

// sessions lists an owner's.
func (d *desk) sessions(t *rapid.T) {
	owner := rapid.SampledFrom(owners).Draw(t, "owner")
	got := map[coatcheck.ID]coatcheck.Info{}
	for info, err := range d.managers[d.manager(t)].Sessions(context.Background(), owner) {
		if err != nil {
			t.Fatal(err)
		}
		got[info.ID] = info
	}
	want := d.ledger.ofOwner(owner)
	if len(got) != len(want) {
		t.Fatalf("%d sessions of %s, want %d", len(got), owner, len(want))
	}
	for _, e := range want {
		info := got[e.id]
		info.LastSeen = e.info().LastSeen
		if info != e.info() {
			t.Fatalf("listed:\n%+v, want\n%+v", info, e.info())
		}
	}
}

// misuse tries what is refused, and must leave no trace.
func (d *desk) misuse(t *rapid.T) {
	ctx, m := context.Background(), d.managers[d.manager(t)]
	_, err := m.DestroyOwner(ctx, "")
	expect(t, "DestroyOwner of nobody", err, coatcheck.ErrInvalid)
	v := d.view(t)
	expect(t, "Login of nobody", v.s.Login(ctx, ""), coatcheck.ErrInvalid)
	nested := v.s.Transact(ctx, func(s *coatcheck.Session) error {
		return errors.Join(errRefused, s.Save(ctx), s.Login(ctx, owners[0]), s.Renew(ctx), s.Destroy(ctx))
	})
	if v.phase == over {
		expect(t, "Transact", nested, coatcheck.ErrGone)
		v.end()
		return
	}
	expect(t, "Transact", nested, errRefused)
	expect(t, "Save inside Transact", nested, coatcheck.ErrNested)
}
