package coatcheck_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// How long old tokens live on.
const (
	graceLife = 30 * time.Second
	aliasLife = 24 * time.Hour
)

// A carousel is a site whose sessions are rotated every hour.
type carousel struct {
	t      testing.TB
	clock  *coatchecktest.Clock
	store  *spy
	events *journal
	opts   coatcheck.Options
	m      *coatcheck.Manager
}

func newCarousel(t testing.TB, set ...func(*coatcheck.Options)) *carousel {
	t.Helper()
	c := &carousel{t: t, clock: newClock(), events: new(journal)}
	c.store = &spy{inner: shelf(t, c.clock.Now)}
	c.opts = coatcheck.Options{
		RotateEvery: time.Hour, IdleTimeout: 5 * time.Hour, AbsoluteTimeout: 100 * time.Hour,
		AnonymousIdleTimeout: 5 * time.Hour, AnonymousAbsoluteTimeout: 100 * time.Hour,
		Now: c.clock.Now, OnEvent: c.events.add,
	}
	for _, fn := range set {
		fn(&c.opts)
	}
	c.m = manage(t, c.store, &c.opts)
	return c
}

// elsewhere returns another process on the same store.
func (c *carousel) elsewhere() *coatcheck.Manager { return manage(c.t, c.store.inner, &c.opts) }

// begin returns a visitor with a session, of owner if that is not "", and a
// motto, whose rotation is due.
func (c *carousel) begin(owner string) *visitor {
	c.t.Helper()
	v := newVisitor(c.t, c.m).begin()
	if owner != "" {
		v.login(owner)
	}
	c.clock.Advance(time.Hour)
	c.events.clear()
	return v
}

// rotate is a visit that must end in a rotation. It returns the browser as it
// was before.
func (c *carousel) rotate(v *visitor) (old *visitor) {
	c.t.Helper()
	old = v.twin()
	expectStatus(c.t, v.visit(func(*coatcheck.Session) {}), http.StatusOK)
	if v.cookie == old.cookie {
		c.t.Fatal("the session was not rotated")
	}
	return old
}

// rotated returns a session whose token was rotated, and not yet seen.
func (c *carousel) rotated(owner string) (v, old *visitor) {
	c.t.Helper()
	v = c.begin(owner)
	return v, c.rotate(v)
}

// sessions counts what lists show.
func (c *carousel) sessions() (n int) {
	c.t.Helper()
	for _, err := range manage(c.t, c.store.inner, &c.opts).All(c.t.Context()) {
		expectNil(c.t, err)
		n++
	}
	return n
}

// records counts what is stored.
func (c *carousel) records() int {
	c.t.Helper()
	recs, _, err := c.store.inner.List(c.t.Context(), "", 1000)
	expectNil(c.t, err)
	return len(recs)
}

// kinds returns the kinds of events so far.
func (c *carousel) kinds() (kinds []coatcheck.EventKind) {
	for _, e := range c.events.of(0) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (c *carousel) expectKinds(want ...coatcheck.EventKind) {
	c.t.Helper()
	if got := c.kinds(); !slices.Equal(got, want) {
		c.t.Errorf("events %v, want %v", got, want)
	}
}

// see lets a visitor show the token that it has.
func see(v *visitor) *http.Response {
	v.t.Helper()
	return v.visit(func(s *coatcheck.Session) {
		if s.IsNew() {
			v.t.Error("the token opens nothing")
		}
	})
}
