package itest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/coatcheck/coatcheck"
)

// view draws one of the open views. There is one.
func (d *desk) view(t *rapid.T) *view {
	if len(d.views) == 0 {
		d.openNone(t)
	}
	return d.views[rapid.IntRange(0, len(d.views)-1).Draw(t, "view")]
}

// madeUp is a token that never was.
const madeUp = coatcheck.Token("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

// token draws a token that somebody had once.
func (d *desk) token(t *rapid.T) coatcheck.Token {
	if len(d.ledger.tokens) == 0 {
		return madeUp
	}
	// The latest are the likeliest to be alive.
	back := rapid.IntRange(0, len(d.ledger.tokens)-1).Draw(t, "token, from the latest")
	return d.ledger.tokens[len(d.ledger.tokens)-1-back]
}

// id draws the ID of a token.
func (d *desk) id(t *rapid.T) coatcheck.ID { return d.managers[0].ID(d.token(t)) }

func (d *desk) manager(t *rapid.T) int { return rapid.IntRange(0, managers-1).Draw(t, "manager") }

// add puts a view into a place of its own.
func (d *desk) add(t *rapid.T, v *view) {
	if len(d.views) < maxViews {
		d.views = append(d.views, v)
		return
	}
	d.views[rapid.IntRange(0, maxViews-1).Draw(t, "closed")] = v
}

// expect fails unless err is the one that is due.
func expect(t *rapid.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// openNone begins a session.
func (d *desk) openNone(t *rapid.T) {
	m := d.manager(t)
	s, err := d.managers[m].Open(context.Background(), "")
	expect(t, "Open", err, nil)
	d.add(t, &view{s: s, m: m})
}

// open opens a token, dead or alive.
func (d *desk) open(t *rapid.T) {
	m, token := d.manager(t), d.token(t)
	s, err := d.managers[m].Open(context.Background(), token)
	expect(t, "Open", err, nil)
	v := &view{s: s, m: m}
	id := d.managers[m].ID(token)
	switch e := d.ledger.get(id); {
	case e == nil && d.ledger.entries[id] != nil:
		d.met["opened when expired"]++
	case e == nil:
	case e.stub:
		d.met["opened after a renewal"]++
		v.phase = over
	default:
		v.adopt(e)
		d.used(v)
	}
	d.add(t, v)
}

// openUnknown opens a token that never was.
func (d *desk) openUnknown(t *rapid.T) {
	m := d.manager(t)
	s, err := d.managers[m].Open(context.Background(), madeUp)
	expect(t, "Open", err, nil)
	d.add(t, &view{s: s, m: m})
}

// used notes a use of a view's session. It reports whether that has ended.
func (d *desk) used(v *view) (gone bool) { return d.usedBy(v, false) }

// usedBy is used, by who may look whether the session was renewed.
func (d *desk) usedBy(v *view, looks bool) (gone bool) {
	before := v.as.expires
	gone = d.ledger.use(v.m, v.as, looks)
	if v.as.expires.After(before) {
		d.met["use written down"]++
	} else {
		d.met["use not written down"]++
	}
	return gone
}

// adopt makes the session in the ledger the one that the view knows.
func (v *view) adopt(e *entry) {
	known := *e
	v.phase, v.as = live, &known
}

// end is what a view is when its session ended under it.
func (v *view) end() { v.phase, v.as, v.pending = over, nil, pending{} }

// move moves the clock by some time, or to the very end of a session, a
// nanosecond before or after.
func (d *desk) move(t *rapid.T) {
	var ends []time.Time
	for _, e := range d.ledger.entries {
		if at := e.expires.Add(-time.Nanosecond); at.After(d.ledger.now()) {
			ends = append(ends, at)
		}
	}
	if len(ends) > 0 && rapid.IntRange(0, 3).Draw(t, "to an end if 0") == 0 {
		// The map's order is random, but the draw must mean the same again.
		slices.SortFunc(ends, time.Time.Compare)
		d.met["took the end of a session to the nanosecond"]++
		at := ends[rapid.IntRange(0, len(ends)-1).Draw(t, "end")]
		d.ledger.set(at.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "ns past the last"))))
		return
	}
	step := rapid.SampledFrom([]time.Duration{
		1, time.Microsecond, 999 * time.Microsecond, time.Second, 11 * time.Second, 29 * time.Second,
		30 * time.Second, time.Minute, 3 * time.Minute,
	}).Draw(t, "step")
	d.ledger.move(step)
}

// sweep lets a manager sweep.
func (d *desk) sweep(t *rapid.T) {
	_, err := d.managers[d.manager(t)].Sweep(context.Background())
	if !errors.Is(err, coatcheck.ErrUnsupported) {
		expect(t, "Sweep", err, nil)
	}
}

// reopen closes the store, if it lasts, and opens it again, below the managers.
func (d *desk) reopen(*rapid.T) {
	d.bench.again()
	d.store.inner = d.bench.Store
}
