package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// An explorer runs a few actors again and again, each time with their store
// calls in another order, until it has seen every order in which at most limit
// actors were interrupted by another. Only one actor runs at a time: up to its
// next call.
type explorer struct {
	limit  int
	path   []int // the choices of this run, so far those of the last but one more
	widths []int // among how many each was
	at     int
	runs   int
}

// An actor does something with a manager of its own, whose store it reaches
// through the hook.
type actor struct {
	do      func()
	waiting bool          // at a call
	grant   chan struct{} // lets it go
	event   chan bool     // it has come to a call, or (false) to its end
}

// gate is the hook of an actor: every call waits for its turn.
func (a *actor) gate(_ context.Context, _ op, do func() error) error {
	a.event <- true
	<-a.grant
	return do()
}

// explore calls setup for every run, with fresh actors whose hooks are in
// place already, lets them act, and calls the check that setup returned.
func explore(t *testing.T, limit, actors int, setup func(t *testing.T, hooks []hook) (do []func(), check func())) {
	t.Helper()
	x := &explorer{limit: limit}
	for x.next() {
		crew := make([]*actor, actors)
		hooks := make([]hook, actors)
		for i := range crew {
			crew[i] = &actor{grant: make(chan struct{}), event: make(chan bool)}
			hooks[i] = crew[i].gate
		}
		do, check := setup(t, hooks)
		for i := range crew {
			crew[i].do = do[i]
		}
		x.run(crew)
		check()
		if t.Failed() {
			t.Fatalf("in run %d, with the choices %v", x.runs, x.path)
		}
	}
	t.Logf("%d orders", x.runs)
}

// next prepares the next run: the last choice that has an alternative takes
// it.
func (x *explorer) next() bool {
	x.at = 0
	if x.runs++; x.runs == 1 {
		return true
	}
	for n := len(x.path) - 1; n >= 0; n-- {
		if x.path[n]+1 < x.widths[n] {
			x.path, x.widths = x.path[:n+1], x.widths[:n+1]
			x.path[n]++
			return true
		}
	}
	return false
}

// choose returns one of n.
func (x *explorer) choose(n int) int {
	if x.at == len(x.path) {
		x.path, x.widths = append(x.path, 0), append(x.widths, n)
	}
	if x.widths[x.at] != n {
		panic("the actors do not repeat what they did before the same choices")
	}
	x.at++
	return x.path[x.at-1]
}

// run lets the actors act, one call at a time. The one that acted last comes
// first among those that may be chosen.
func (x *explorer) run(crew []*actor) {
	for _, a := range crew {
		go func() {
			a.do()
			a.event <- false
		}()
		a.waiting = <-a.event
	}
	interruptions := 0
	for last := crew[0]; ; {
		var ready []*actor
		if last.waiting {
			ready = append(ready, last)
		}
		for _, a := range crew {
			if a.waiting && a != last && (!last.waiting || interruptions < x.limit) {
				ready = append(ready, a)
			}
		}
		if len(ready) == 0 {
			return
		}
		a := ready[x.choose(len(ready))]
		if a != last && last.waiting {
			interruptions++
		}
		last = a
		a.grant <- struct{}{}
		a.waiting = <-a.event
	}
}

// A race is one run's stage: a store, a session in it, and the means to act on
// it from several processes.
type race struct {
	t     *testing.T
	store fullStore
	opts  *coatcheck.Options
	v     *visitor // whoever holds the session's token
}

// process returns a manager of that name whose calls go through the hook. Its
// store answers about owners in small pages, and so that it is easy to hide.
func (r *race) process(h hook, name string) *coatcheck.Manager {
	s := &spy{inner: r.store, page: 1, newestFirst: true}
	s.on(h)
	opts := *r.opts
	opts.Name = name
	return manage(r.t, s, &opts)
}

// holding returns what a process does that has loaded the session already.
func (r *race) holding(h hook, fn func(s *coatcheck.Session)) func() {
	s := &spy{inner: r.store}
	m := manage(r.t, s, r.opts)
	held, err := m.Open(r.t.Context(), r.v.token())
	if err != nil || held.IsNew() {
		r.t.Fatalf("the session does not open: %v", err)
	}
	s.on(h)
	return func() { fn(held) }
}

// opens reports whether a token opens a session, by a manager without a hook.
func (r *race) opens(token coatcheck.Token) bool {
	s, err := manage(r.t, r.store, r.opts).Open(r.t.Context(), token)
	expectNil(r.t, err)
	return token != "" && !s.IsNew()
}

// fate is what became of an operation.
type fate struct {
	err   error
	token coatcheck.Token // afterwards
}

// after notes what became of an operation on s.
func (f *fate) after(s *coatcheck.Session, err error) { f.err, f.token = err, s.Token() }

// Every order of the calls of two or three operations on one session.
func TestPromise2InEveryOrder(t *testing.T) {
	ctx := t.Context()
	add := func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) }
	operations := map[string]func(s *coatcheck.Session) error{
		"Save":    add,
		"Renew":   func(s *coatcheck.Session) error { return s.Renew(ctx) },
		"Login":   func(s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		"Destroy": func(s *coatcheck.Session) error { return s.Destroy(ctx) },
	}
	for _, names := range [][]string{
		{"Save", "Save"}, {"Save", "Renew"}, {"Save", "Login"}, {"Save", "Destroy"},
		{"Renew", "Renew"}, {"Renew", "Login"}, {"Login", "Login"}, {"Renew", "Destroy"}, {"Login", "Destroy"}, {"Destroy", "Destroy"},
		{"Save", "Renew", "Destroy"}, {"Save", "Login", "Renew"}, {"Save", "Save", "Login"},
	} {
		t.Run(fmt.Sprint(names), func(t *testing.T) {
			explore(t, []int{0, 0, 99, 3}[len(names)], len(names), func(t *testing.T, hooks []hook) ([]func(), func()) {
				r := &race{t: t, store: shelf(t, nil)}
				r.v = newVisitor(t, manage(t, r.store, nil)).begin()
				fates := make([]fate, len(names))
				do := make([]func(), len(names))
				for i, name := range names {
					do[i] = r.holding(hooks[i], func(s *coatcheck.Session) { fates[i].after(s, operations[name](s)) })
				}
				return do, func() { r.expectOneEnd(names, fates) }
			})
		})
	}
}

// expectOneEnd checks that at most one operation ended the session, that the
// others were told, and that nothing acknowledged before is lost.
func (r *race) expectOneEnd(names []string, fates []fate) {
	saved, ended := 0, 0
	last := r.v.token()
	for i, f := range fates {
		switch {
		case f.err != nil && !errors.Is(f.err, coatcheck.ErrGone):
			r.t.Errorf("%s: %v", names[i], f.err)
		case f.err == nil && names[i] == "Save":
			saved++
		case f.err == nil:
			ended++
			last = f.token
		}
	}
	destroyed := 0 // of several who destroy it, each is told that it is
	for i, f := range fates {
		if f.err == nil && names[i] == "Destroy" {
			destroyed++
		}
	}
	if ended > 1 && ended != destroyed {
		r.t.Errorf("%d operations ended one session: %+v", ended, fates)
	}
	if ended > 0 && r.opens(r.v.token()) {
		r.t.Error("the old token opens a session")
	}
	if destroyed > 0 {
		expectEqual(r.t, "records", stored(r.t, r.store), 0)
		return
	}
	s, err := manage(r.t, r.store, r.opts).Open(r.t.Context(), last)
	expectNil(r.t, err)
	expectEqual(r.t, "motto", motto.Get(s), "carpe diem")
	expectEqual(r.t, "tally", tally.Get(s), saved)
	expectEqual(r.t, "records", stored(r.t, r.store), 1)
}
