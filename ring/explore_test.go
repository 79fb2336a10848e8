package ring_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// An explorer runs actors, of which each has a ring of its own over the same
// stores, and decides at each of their calls to a store who goes next. Some
// crash between two calls. What all have seen is checked for linearizability.
type explorer struct {
	rng    *rand.Rand
	stores map[string]coatcheck.Store
	id     coatcheck.ID
	start  time.Time

	mu      sync.Mutex
	waiting []*turn
	alive   int
	losses  int      // answers to changes that are still to be lost
	order   []string // who makes the next calls, one after the other; then chance decides
	burst   int      // about how many calls in a row one makes whom chance has chosen
	turn    string   // whose call was the last
	steps   []string // what was done, for the report of a failure
	history []*deed
	clock   int
}

// A turn is a call that waits to be made.
type turn struct {
	who, what string
	pass      chan struct{}
}

// An actor is a process.
type actor struct {
	x     *explorer
	name  string
	ring  *ring.Ring
	calls int // that it makes before it crashes; negative: endless
}

var errCrash = errors.New("crashed")

// wait blocks until the explorer lets the call pass.
func (a *actor) wait(what string) error {
	a.x.mu.Lock()
	if a.calls == 0 {
		a.x.steps = append(a.x.steps, a.name+" has crashed before "+what)
		a.x.mu.Unlock()
		return errCrash
	}
	a.calls--
	t := &turn{a.name, a.name + ": " + what, make(chan struct{})}
	a.x.waiting = append(a.x.waiting, t)
	a.x.mu.Unlock()
	<-t.pass
	return nil
}

// A gated store asks before each call. A call that has begun is not cut short.
type gated struct {
	*memstore.Store
	who  *actor
	name string
}

func (g *gated) Load(ctx context.Context, id coatcheck.ID) (rec *coatcheck.Record, err error) {
	if err := g.who.wait("load at " + g.name); err != nil {
		return nil, err
	}
	rec, err = g.Store.Load(context.WithoutCancel(ctx), id)
	if err == nil {
		g.who.note("  finds %x, %.7q", rec.Version, rec.Meta)
	}
	return rec, err
}

func (g *gated) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := g.who.wait(fmt.Sprintf("create %x at %s", rec.Version, g.name)); err != nil {
		return err
	}
	return g.who.change("create", func() error { return g.Store.Create(context.WithoutCancel(ctx), rec) })
}

func (g *gated) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := g.who.wait(fmt.Sprintf("replace %x by %x at %s", old, rec.Version, g.name)); err != nil {
		return err
	}
	return g.who.change("replace", func() error { return g.Store.Replace(context.WithoutCancel(ctx), rec, old) })
}

func (g *gated) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := g.who.wait("touch at " + g.name); err != nil {
		return err
	}
	return g.who.change("touch", func() error { return g.Store.Touch(context.WithoutCancel(ctx), id, expires) })
}

func (g *gated) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := g.who.wait("delete at " + g.name); err != nil {
		return err
	}
	return g.who.change("delete", func() error { return g.Store.Delete(context.WithoutCancel(ctx), id) })
}

var errNoAnswer = errors.New("no answer")

// change makes a call that changes something, now or, if its answer is one of
// those that get lost, at some time.
func (a *actor) change(what string, call func() error) error {
	a.x.mu.Lock()
	lost := a.x.losses > 0 && a.x.rng.IntN(6) == 0
	if !lost {
		a.x.mu.Unlock()
		return a.outcome(call())
	}
	a.x.losses--
	t := &turn{"", a.name + ": the " + what + " without an answer arrives", make(chan struct{})}
	a.x.waiting = append(a.x.waiting, t)
	a.x.mu.Unlock()
	go func() {
		<-t.pass
		_ = a.outcome(call())
	}()
	return a.outcome(errNoAnswer)
}

func (a *actor) note(format string, args ...any) {
	a.x.mu.Lock()
	defer a.x.mu.Unlock()
	a.x.steps = append(a.x.steps, fmt.Sprintf(format, args...))
}

func (a *actor) outcome(err error) error {
	if err != nil {
		a.note("  %v", err)
	}
	return err
}

// newExplorer sets up stores a, b, c.
func newExplorer(seed uint64) *explorer {
	x := &explorer{rng: rand.New(rand.NewPCG(seed, 1)), stores: map[string]coatcheck.Store{}, start: time.Now().UTC().Truncate(time.Millisecond)}
	for _, name := range []string{"a", "b", "c"} {
		x.stores[name] = memstore.New(nil)
	}
	return x
}

// actor adds a process that has been told of these lists of members, one after
// the other. The letters of a list are members with a share; all others are
// standbys.
func (x *explorer) actor(name string, lists ...string) *actor {
	a := &actor{x: x, name: name, calls: -1}
	for i, list := range lists {
		var members []ring.Member
		for n := range x.stores {
			m := ring.Member{Name: n, Store: &gated{x.stores[n].(*memstore.Store), a, n}, Standby: true}
			if strings.Contains(list, n) {
				m.Standby, m.Weight = false, 1
			}
			members = append(members, m)
		}
		var err error
		if i == 0 {
			a.ring, err = ring.New(members, nil)
		} else {
			err = a.ring.SetMembers(members)
		}
		if err != nil {
			panic(err)
		}
	}
	return a
}

// run lets the actors do what they are to do, in a random order of their calls,
// and returns when all are done or have crashed.
func (x *explorer) run(scripts map[*actor]func(*actor)) {
	x.alive = len(scripts)
	for a, script := range scripts {
		go func() {
			script(a)
			x.mu.Lock()
			defer x.mu.Unlock()
			x.alive--
		}()
	}
	for {
		synctest.Wait()
		x.mu.Lock()
		if x.alive == 0 && len(x.waiting) == 0 {
			x.mu.Unlock()
			return
		}
		// Those who pause between two tries may be let through first.
		if i := x.choose(); i >= 0 {
			t := x.waiting[i]
			x.waiting = append(x.waiting[:i], x.waiting[i+1:]...)
			x.steps = append(x.steps, t.what)
			x.turn = t.who
			x.mu.Unlock()
			close(t.pass)
			continue
		}
		x.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

// then lets an actor make the next n calls, or all if it makes fewer.
func (x *explorer) then(name string, n int) {
	x.order = append(x.order, slices.Repeat([]string{name}, n)...)
}

// choose returns the index of the call that is to be made next, or -1 if time is
// to pass first.
func (x *explorer) choose() int {
	for len(x.order) > 0 {
		name := x.order[0]
		x.order = x.order[1:]
		if i := slices.IndexFunc(x.waiting, func(t *turn) bool { return t.who == name }); i >= 0 {
			return i
		}
	}
	if len(x.waiting) == 0 || x.rng.IntN(20) == 0 {
		return -1
	}
	if x.burst > 1 && x.rng.IntN(x.burst) > 0 {
		if i := slices.IndexFunc(x.waiting, func(t *turn) bool { return t.who == x.turn }); i >= 0 {
			return i
		}
	}
	return x.rng.IntN(len(x.waiting))
}

// explore tries many orders of one scenario. settle is run behind each, by one
// actor after the other: by then all must agree.
func explore(t *testing.T, rounds int, scenario func(x *explorer) (scripts map[*actor]func(*actor), settle []*actor)) {
	t.Helper()
	for range rounds {
		seed := rand.Uint64()
		synctest.Test(t, func(t *testing.T) {
			x := newExplorer(seed)
			x.burst = [...]int{1, 3, 9}[x.rng.IntN(3)]
			scripts, settle := scenario(x)
			x.run(scripts)
			for _, a := range settle {
				x.run(map[*actor]func(*actor){a: func(a *actor) { a.load() }})
			}
			if !linearizable(x.history) {
				t.Errorf("seed %d: no order explains what they have seen:", seed)
				for _, d := range x.history {
					t.Log(d)
				}
				t.Log(strings.Join(x.steps, "\n"))
			}
		})
		if t.Failed() {
			return
		}
	}
}
