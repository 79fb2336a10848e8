package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Every order of DestroyOwner's calls with those of one or two operations on
// a session of that owner, which began before: whatever they report, nothing
// that was authenticated before the call lives behind it.
func TestPromise2DestroyOwnerInEveryOrder(t *testing.T) {
	ctx := t.Context()
	operations := map[string]func(s *coatcheck.Session) error{
		"Save":    func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) },
		"Renew":   func(s *coatcheck.Session) error { return s.Renew(ctx) },
		"Destroy": func(s *coatcheck.Session) error { return s.Destroy(ctx) },
		"renew twice": func(s *coatcheck.Session) error {
			if err := s.Renew(ctx); err != nil {
				return err
			}
			return s.Renew(ctx)
		},
	}
	for _, names := range [][]string{{"Save"}, {"Renew"}, {"Destroy"}, {"renew twice"}, {"Save", "Renew"}, {"Renew", "Renew"}, {"Renew", "destroy the others"}} {
		for _, elapsed := range []time.Duration{0, time.Second, -time.Second} {
			t.Run(fmt.Sprintf("%s, %v after the login", names, elapsed), func(t *testing.T) {
				explore(t, 4-len(names), len(names)+1, func(t *testing.T, hooks []hook) ([]func(), func()) {
					clock := newClock()
					r := &race{t: t, store: shelf(t, clock.Now), opts: &coatcheck.Options{Now: clock.Now}}
					r.v = newVisitor(t, manage(t, r.store, r.opts)).begin().login("ada")
					other := newVisitor(t, r.v.m).login("bob")
					clock.Advance(elapsed) // backwards, too: the clocks of processes differ
					fates := make([]fate, len(names))
					var do []func()
					for i, name := range names {
						if name == "destroy the others" {
							m, id := r.process(hooks[i], "x"), r.v.id()
							do = append(do, func() { _, fates[i].err = m.DestroyOwner(ctx, "ada", id) })
							continue
						}
						do = append(do, r.holding(hooks[i], func(s *coatcheck.Session) { fates[i].after(s, operations[name](s)) }))
					}
					m := r.process(hooks[len(names)], "id")
					do = append(do, func() {
						_, err := m.DestroyOwner(ctx, "ada")
						expectNil(t, err)
					})
					return do, func() {
						r.expectNoneOf("ada", fates)
						expectEqual(t, "another owner's session opens", r.opens(other.token()), true)
					}
				})
			})
		}
	}
}

// expectNoneOf checks that no session of an owner lives.
func (r *race) expectNoneOf(owner string, fates []fate) {
	for info, err := range manage(r.t, r.store, r.opts).Sessions(r.t.Context(), owner) {
		expectNil(r.t, err)
		r.t.Errorf("session %s of %s lives", info.ID.Short(), owner)
	}
	for _, f := range fates {
		if f.err != nil && !errors.Is(f.err, coatcheck.ErrGone) {
			r.t.Errorf("unexpected error: %v", f.err)
		}
		if r.opens(f.token) {
			r.t.Error("a token opens a session")
		}
	}
	if r.opens(r.v.token()) {
		r.t.Error("the first token opens a session")
	}
}

// Every order of DestroyOwner with a login: the login comes before and is
// undone, or comes after and lives, or reports ErrGone. The session that it
// took the place of never lives on as the owner's.
func TestPromise2DestroyOwnerAgainstLogins(t *testing.T) {
	ctx := t.Context()
	for _, before := range []string{"", "ada", "bob"} {
		t.Run(fmt.Sprintf("of a session of %q", before), func(t *testing.T) {
			lives, undone, told := 0, 0, 0
			explore(t, 99, 2, func(t *testing.T, hooks []hook) ([]func(), func()) {
				clock := newClock()
				r := &race{t: t, store: shelf(t, clock.Now), opts: &coatcheck.Options{Now: clock.Now}}
				r.v = newVisitor(t, manage(t, r.store, r.opts)).begin()
				if before != "" {
					r.v.login(before)
				}
				var login fate
				m := r.process(hooks[1], "other")
				return []func(){
						r.holding(hooks[0], func(s *coatcheck.Session) { login.after(s, s.Login(ctx, "ada")) }),
						func() { _, err := m.DestroyOwner(ctx, "ada"); expectNil(t, err) },
					}, func() {
						if before == "ada" && r.opens(r.v.token()) {
							t.Error("the session before the login lives")
						}
						alive := login.err == nil && r.opens(login.token)
						n := 0
						for _, err := range manage(t, r.store, r.opts).Sessions(ctx, "ada") {
							expectNil(t, err)
							n++
						}
						switch {
						case alive:
							lives++
							expectEqual(t, "sessions", n, 1)
						case login.err == nil:
							undone++
							expectEqual(t, "sessions", n, 0)
						default:
							told++
							expectError(t, login.err, coatcheck.ErrGone)
							expectEqual(t, "sessions", n, 0)
						}
					}
			})
			t.Logf("%d live, %d undone, %d told", lives, undone, told)
			if undone+told == 0 || (lives == 0) != (before == "ada") {
				t.Errorf("%d logins lived, %d were undone, %d were told: some of each must be seen, but none lives of a session that ends", lives, undone, told)
			}
		})
	}
}

// Many sessions, many goroutines, two processes, and a store whose index of
// owners answers slowly and in small pages.
func TestPromise2DestroyOwnerLeavesNoSurvivor(t *testing.T) {
	for round := range 200 {
		store := watched(t)
		store.page, store.newestFirst = 1+round%3, round%2 == 0
		store.on(only("Owned", func(_ context.Context, _ op, do func() error) error {
			for range round % 40 {
				runtime.Gosched()
			}
			return do()
		}))
		processes := [2]*coatcheck.Manager{manage(t, store, nil), manage(t, store, nil)}
		var clients []*visitor
		for i := range 6 {
			clients = append(clients, newVisitor(t, processes[i%2]).begin().login("ada"))
		}
		var late []*visitor
		var over atomic.Bool
		together(len(clients)+1, func(i int) {
			if i == len(clients) {
				_, err := processes[round%2].DestroyOwner(t.Context(), "ada")
				expectNil(t, err)
				over.Store(true)
				late = append(late, newVisitor(t, processes[0]).login("ada"), newVisitor(t, processes[1]).login("ada"))
				return
			}
			for n := 0; n < 50 && !over.Load(); n++ {
				clients[i].visit(func(s *coatcheck.Session) {
					if i%3 == 0 {
						tally.Update(s, increment)
					} else {
						_ = s.Renew(t.Context()) // an error shows in what lives
					}
				})
			}
		})
		for _, c := range clients {
			c.twin().visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "") })
		}
		for _, l := range late {
			l.visit(func(s *coatcheck.Session) { expectEqual(t, "owner of a later login", s.Owner(), "ada") })
		}
		n := 0
		for _, err := range processes[0].Sessions(t.Context(), "ada") {
			expectNil(t, err)
			n++
		}
		expectEqual(t, "sessions", n, len(late))
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

// What a program does when somebody changes the password: the other sessions
// end, this one stays, and gets a new token. The clock may stand still.
func TestPromise2DestroyOwnerExcept(t *testing.T) {
	for _, elapsed := range []time.Duration{0, time.Minute} {
		t.Run(elapsed.String(), func(t *testing.T) {
			clock := newClock()
			m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
			here := newVisitor(t, m).begin().login("ada")
			there := []*visitor{newVisitor(t, m).login("ada"), newVisitor(t, m).login("ada")}
			bob := newVisitor(t, m).login("bob")
			clock.Advance(elapsed)
			here.visit(func(s *coatcheck.Session) {
				n, err := m.DestroyOwner(t.Context(), "ada", s.ID())
				expectNil(t, err)
				expectEqual(t, "destroyed", n, 2)
				expectNil(t, s.Renew(t.Context()))
			})
			here.expectMotto("ada")
			here.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
			here.expectMotto("ada")
			for _, v := range there {
				v.expectAnonymous()
			}
			bob.visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "bob") })
		})
	}
}

// A login at once after DestroyOwner works, though the clock has not moved,
// and so does everything that one does with it.
func TestPromise2LoginBehindDestroyOwner(t *testing.T) {
	clock := newClock()
	m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
	old := newVisitor(t, m).begin().login("ada")
	n, err := m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	expectEqual(t, "destroyed", n, 1)
	v := newVisitor(t, m).begin().login("ada")
	v.expectMotto("ada")
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	v.login("ada")
	v.expectMotto("ada")
	old.expectAnonymous()
	n, err = m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	expectEqual(t, "destroyed again", n, 1)
	v.expectAnonymous()
}

// A clock that was put back hides young sessions. DestroyOwner ends them all
// the same: they would come back with the time.
func TestPromise2DestroyOwnerUnderAWrongClock(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, -2 * time.Minute, time.Minute} {
		t.Run(jump.String(), func(t *testing.T) {
			clock := newClock()
			m := manage(t, shelf(t, clock.Now), &coatcheck.Options{Now: clock.Now})
			v := newVisitor(t, m).begin().login("ada")
			clock.Advance(jump)
			_, err := m.DestroyOwner(t.Context(), "ada")
			expectNil(t, err)
			clock.Advance(-jump)
			v.expectAnonymous()
		})
	}
}

// What DestroyOwner refuses, and what it cannot do.
func TestPromise2DestroyOwnerErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the rests between attempts cost no time
		store := watched(t)
		m := manage(t, store, nil)
		for _, owner := range []string{"", string(make([]byte, 256))} {
			_, err := m.DestroyOwner(t.Context(), owner)
			expectError(t, err, coatcheck.ErrInvalid)
		}
		expectEqual(t, "calls", store.count(""), 0)
		plain := manage(t, struct{ coatcheck.Store }{shelf(t, nil)}, nil)
		_, err := plain.DestroyOwner(t.Context(), "ada")
		expectError(t, err, coatcheck.ErrUnsupported)
		newVisitor(t, m).login("ada")
		for _, method := range []string{"Owned", "Load", "Delete", "Create"} {
			store.on(only(method, notDone))
			_, err := m.DestroyOwner(t.Context(), "ada")
			expectError(t, err, errLost)
		}
		store.on(nil)
		n, err := m.DestroyOwner(t.Context(), "ada")
		expectNil(t, err)
		expectEqual(t, "destroyed", n, 1)
	})
}

// While DestroyOwner runs, Renew of any session of the owner is ErrGone; once
// its caller has given it up, or had no more time for it, that runs no more,
// wherever it stood.
func TestPromise2DestroyOwnerGivenUpKeepsNobodyWaiting(t *testing.T) {
	for _, method := range []string{"Create", "Owned", "Replace"} {
		for name, begin := range map[string]func(context.Context) (context.Context, context.CancelFunc){
			"given up": context.WithCancel,
			"out of time": func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Second)
			},
		} {
			t.Run(name+" at "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := watched(t)
					m := manage(t, store, nil)
					v := newVisitor(t, m).begin().login("ada")
					ctx, cancel := begin(t.Context())
					defer cancel()
					store.on(only(method, once(func(call context.Context, _ op, do func() error) error {
						err := errLost
						if method != "Replace" {
							err = errors.Join(do(), err)
						}
						if name == "given up" {
							cancel()
						} else {
							<-call.Done()
						}
						return err
					})))
					n, err := m.DestroyOwner(ctx, "ada", v.id())
					if n != 0 || (err == nil) != (method == "Replace") { // by then all are destroyed
						t.Errorf("destroyed %d, %v", n, err)
					}
					store.on(nil)
					v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
					v.expectMotto("ada")
				})
			})
		}
	}
}
