package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Two clients of one owner, and another owner: one is ended, the others, all.
// Counts are of what is certain to be over.
func TestRequirement10OneOthersAll(t *testing.T) {
	ctx := t.Context()
	for name, wrap := range map[string]func(*spy) coatcheck.Store{
		"by an index": func(s *spy) coatcheck.Store { return s },
		"without one": func(s *spy) coatcheck.Store {
			return struct {
				coatcheck.Store
				coatcheck.Lister
			}{s, s}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := manage(t, wrap(watched(t)), nil)
			laptop, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
			phones := []*visitor{newVisitor(t, m).login("ada"), newVisitor(t, m).login("ada"), newVisitor(t, m).login("ada")}
			laptop.visit(func(s *coatcheck.Session) { expectNil(t, s.DestroyOther(ctx, phones[0].id())) })
			phones[0].expectAnonymous()
			laptop.visit(func(s *coatcheck.Session) {
				n, err := s.DestroyOthers(ctx)
				expectNil(t, err)
				expectEqual(t, "ended", n, 2)
				n, err = s.DestroyOthers(ctx)
				expectNil(t, err)
				expectEqual(t, "ended again", n, 0)
			})
			for _, phone := range phones {
				phone.expectAnonymous()
			}
			laptop.expectMotto("ada")
			bob.expectMotto("bob")
			newVisitor(t, m).login("ada")
			n, err := m.DestroyOwner(ctx, "ada")
			expectNil(t, err)
			expectEqual(t, "all", n, 2)
			laptop.expectAnonymous()
			bob.expectMotto("bob")
		})
	}
}

// Nobody ends another owner's session, or an anonymous one, by its ID, nor
// learns that it is there: the answer is that for an ID which nothing has.
func TestRequirement10DestroyOtherRefuses(t *testing.T) {
	ctx := t.Context()
	store, events := watched(t), new(journal)
	m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
	ada, bob, guest := newVisitor(t, m).login("ada"), newVisitor(t, m).begin().login("bob"), newVisitor(t, m).begin()
	gone := newVisitor(t, m).login("ada")
	expectNil(t, m.Destroy(ctx, gone.id()))
	before := newVisitor(t, m).begin()
	stub := before.id()
	before.login("ada")
	damaged := newVisitor(t, m).login("ada")
	tamper(t, store.inner, damaged.id(), func(rec *coatcheck.Record) { rec.Data = []byte("{") })
	_, err := m.DestroyOwner(ctx, "carl") // leaves a mark
	expectNil(t, err)
	events.clear()
	ada.visit(func(s *coatcheck.Session) {
		for what, id := range map[string]coatcheck.ID{"bob's": bob.id(), "a guest's": guest.id(), "ended": gone.id(), "a stub": stub,
			"damaged": damaged.id(), "a mark": m.MarkID("carl"), "zero": {}} {
			err := s.DestroyOther(ctx, id)
			if !errors.Is(err, coatcheck.ErrNotFound) || err.Error() != coatcheck.ErrNotFound.Error() {
				t.Errorf("%s: %v, want plainly ErrNotFound", what, err)
			}
		}
		expectError(t, s.DestroyOther(ctx, s.ID()), coatcheck.ErrInvalid)
	})
	expectEqual(t, "ends", len(events.of(coatcheck.EventDestroyed)), 0)
	bob.expectMotto("bob")
	guest.expectMotto("")
	before.expectMotto("ada")
	guest.visit(func(s *coatcheck.Session) {
		expectError(t, s.DestroyOther(ctx, bob.id()), coatcheck.ErrInvalid)
		_, err := s.DestroyOthers(ctx)
		expectError(t, err, coatcheck.ErrInvalid)
	})
	newVisitor(t, m).visit(func(s *coatcheck.Session) {
		_, err := s.DestroyOthers(ctx)
		expectError(t, err, coatcheck.ErrInvalid)
	})
}

// Who was logged out, or whose session was renewed, while the request was under
// way ends nobody's session any more: a thief does not throw out the owner.
func TestRequirement10EndedSessionEndsNoOther(t *testing.T) {
	ctx := t.Context()
	for name, end := range map[string]func(v *visitor){
		"destroyed": func(v *visitor) { expectNil(t, v.m.Destroy(ctx, v.id())) },
		"renewed":   func(v *visitor) { v.twin().visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(ctx)) }) },
		"all ended": func(v *visitor) { _, err := v.m.DestroyOwner(ctx, "ada"); expectNil(t, err) },
	} {
		for how, act := range map[string]func(s *coatcheck.Session, other coatcheck.ID) error{
			"others": func(s *coatcheck.Session, _ coatcheck.ID) error {
				n, err := s.DestroyOthers(ctx)
				expectEqual(t, "ended", n, 0)
				return err
			},
			"one": func(s *coatcheck.Session, other coatcheck.ID) error { return s.DestroyOther(ctx, other) },
		} {
			m := manage(t, shelf(t, nil), nil)
			thief := newVisitor(t, m).login("ada")
			thief.twin().visit(func(s *coatcheck.Session) {
				end(thief)
				owner := newVisitor(t, m).begin().login("ada")
				if err := act(s, owner.id()); !errors.Is(err, coatcheck.ErrGone) {
					t.Errorf("%s, %s: %v, want ErrGone", name, how, err)
				}
				expectError(t, act(s, owner.id()), coatcheck.ErrGone)
				owner.expectMotto("ada")
			})
		}
	}
}

// After an error of the store n counts those that are over for certain, and
// another call ends the rest.
func TestRequirement10CountIsConfirmed(t *testing.T) {
	ctx := t.Context()
	for name, fails := range map[string]hook{"not done": notDone, "done, and the answer lost": answerLost} {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			m := manage(t, store, nil)
			v := newVisitor(t, m).login("ada")
			var all []*visitor
			for range 4 {
				all = append(all, newVisitor(t, m).login("ada"))
			}
			deleted := 0
			store.on(only("Delete", func(ctx context.Context, o op, do func() error) error {
				for _, other := range all {
					if other.id() != o.id {
						continue
					}
					if deleted++; deleted == 3 {
						return fails(ctx, o, do)
					}
				}
				return do()
			}))
			v.visit(func(s *coatcheck.Session) {
				n, err := s.DestroyOthers(ctx)
				expectError(t, err, errLost)
				expectEqual(t, "ended for certain", n, 2)
				store.on(nil)
				rest, err := s.DestroyOthers(ctx)
				expectNil(t, err)
				if n+rest > 4 || n+rest < 3 {
					t.Errorf("%d and %d ended of 4", n, rest)
				}
			})
			for _, other := range all {
				other.expectAnonymous()
			}
			expectEqual(t, "ada's", v.info().Owner, "ada")
		})
	}
}

// Neither runs inside a Transact function, nor behind the request.
func TestRequirement10DestroyOthersNested(t *testing.T) {
	ctx := t.Context()
	m := manage(t, shelf(t, nil), nil)
	v, other := newVisitor(t, m).login("ada"), newVisitor(t, m).begin().login("ada")
	var late *coatcheck.Session
	v.visit(func(s *coatcheck.Session) {
		late = s
		expectNil(t, s.Transact(ctx, func(s *coatcheck.Session) error {
			_, err := s.DestroyOthers(ctx)
			expectError(t, err, coatcheck.ErrNested)
			expectError(t, s.DestroyOther(ctx, other.id()), coatcheck.ErrNested)
			return nil
		}))
	})
	_, err := late.DestroyOthers(ctx)
	expectError(t, err, coatcheck.ErrClosed)
	expectError(t, late.DestroyOther(ctx, other.id()), coatcheck.ErrClosed)
	other.expectMotto("ada")
}

// Every order of the calls of DestroyOthers with those of what the others do at
// the same time: none that was authenticated before it lives behind it, and if
// it reports success, the one that called does.
func TestRequirement10DestroyOthersInEveryOrder(t *testing.T) {
	ctx := t.Context()
	operations := map[string]func(s *coatcheck.Session) error{
		"Save":          func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) },
		"Renew":         func(s *coatcheck.Session) error { return s.Renew(ctx) },
		"Destroy":       func(s *coatcheck.Session) error { return s.Destroy(ctx) },
		"DestroyOthers": func(s *coatcheck.Session) error { _, err := s.DestroyOthers(ctx); return err },
	}
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			both, neither := 0, 0
			explore(t, 2, 2, func(t *testing.T, hooks []hook) ([]func(), func()) {
				r := &race{t: t, store: shelf(t, nil), opts: &coatcheck.Options{StoreTimeout: time.Minute}}
				mine := newVisitor(t, manage(t, r.store, nil)).begin().login("ada")
				r.v = newVisitor(t, mine.m).begin().login("ada")
				var other, me fate
				do := []func(){r.holding(hooks[0], func(s *coatcheck.Session) { other.after(s, operation(s)) })}
				first := r.v
				r.v = mine
				do = append(do, r.holding(hooks[1], func(s *coatcheck.Session) {
					_, err := s.DestroyOthers(ctx)
					me.after(s, err)
				}))
				return do, func() {
					alive, lives := r.opens(first.token()) || r.opens(other.token), r.opens(mine.token())
					if me.err == nil && alive {
						t.Error("the other session lives")
					}
					if me.err == nil && !lives && name != "DestroyOthers" || me.err != nil && !errors.Is(me.err, coatcheck.ErrGone) {
						t.Errorf("success is %v, and mine lives: %t", me.err, lives)
					}
					switch {
					case alive && lives:
						both++
					case !alive && !lives:
						neither++
					}
				}
			})
			expectEqual(t, "orders that left both", both, 0)
			t.Logf("%d orders left neither", neither)
		})
	}
}

// Every order of DestroyOther with what that other session does.
func TestRequirement10DestroyOtherInEveryOrder(t *testing.T) {
	ctx := t.Context()
	for name, operation := range map[string]func(s *coatcheck.Session) error{
		"Save":  func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) },
		"Renew": func(s *coatcheck.Session) error { return s.Renew(ctx) },
		"Login": func(s *coatcheck.Session) error { return s.Login(ctx, "ada") },
	} {
		t.Run(name, func(t *testing.T) {
			explore(t, 99, 2, func(t *testing.T, hooks []hook) ([]func(), func()) {
				r := &race{t: t, store: shelf(t, nil), opts: &coatcheck.Options{StoreTimeout: time.Minute}}
				mine := newVisitor(t, manage(t, r.store, nil)).login("ada")
				r.v = newVisitor(t, mine.m).begin().login("ada")
				first, id := r.v.token(), r.v.id()
				var other fate
				var err error
				do := []func(){r.holding(hooks[0], func(s *coatcheck.Session) { other.after(s, operation(s)) })}
				r.v = mine
				do = append(do, r.holding(hooks[1], func(s *coatcheck.Session) { err = s.DestroyOther(ctx, id) }))
				return do, func() {
					if r.opens(first) {
						t.Error("the session lives under its ID")
					}
					lives := other.err == nil && r.opens(other.token)
					switch {
					case err == nil && lives:
						t.Error("it is said to be over, and lives")
					case err != nil && (!errors.Is(err, coatcheck.ErrNotFound) || !lives || name == "Save"):
						t.Errorf("%v, and it lives: %t", err, lives)
					}
					expectEqual(t, "mine lives", r.opens(mine.token()), true)
				}
			})
		})
	}
}

// 64: a deleted user's sessions are all over, remembered ones and those with a
// request under way among them, and each concurrent login comes before or
// after: it lives only if it may have begun after.
func TestCase64DeletedUser(t *testing.T) {
	ctx := t.Context()
	for _, limit := range []int{0, 1, 2} {
		t.Run(fmt.Sprintf("at most %d sessions", limit), func(t *testing.T) {
			lives, ends := 0, 0
			explore(t, 2, 2, func(t *testing.T, hooks []hook) ([]func(), func()) {
				clock := newClock()
				opts := keeps(clock.Now)
				opts.MaxSessionsPerOwner, opts.StoreTimeout = limit, time.Minute
				r := &race{t: t, store: shelf(t, clock.Now), opts: opts}
				m := manage(t, r.store, opts)
				old := []*visitor{newVisitor(t, m), newVisitor(t, m).begin().login("ada")}
				clock.Advance(time.Second)
				old[0].visit(func(s *coatcheck.Session) { s.SetPersistent(true); expectNil(t, s.Login(ctx, "ada")) })
				clock.Advance(time.Second)
				r.v = newVisitor(t, m).begin()
				var login fate
				killer := r.process(hooks[1], "id")
				return []func(){
						r.holding(hooks[0], func(s *coatcheck.Session) { login.after(s, s.Login(ctx, "ada")) }),
						func() { _, err := killer.DestroyOwner(ctx, "ada"); expectNil(t, err) },
					}, func() {
						for _, v := range old {
							if r.opens(v.token()) {
								t.Error("a session from before lives")
							}
						}
						left := 0
						for _, err := range m.Sessions(ctx, "ada") {
							expectNil(t, err)
							left++
						}
						alive := login.err == nil && r.opens(login.token)
						if alive {
							lives++
						} else {
							ends++
						}
						expectEqual(t, "sessions left", left, map[bool]int{true: 1, false: 0}[alive])
					}
			})
			if lives == 0 || ends == 0 {
				t.Errorf("%d logins came after and %d before: there must be both", lives, ends)
			}
		})
	}
}
