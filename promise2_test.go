package coatcheck_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// ends are the ways in which another request, or the program, ends a session
// under a slow request. The successor's owner is that of the session which
// goes on under a new token, if one does.
var ends = []struct {
	name      string
	do        func(t *testing.T, v *visitor) // v is another tab of the same browser
	successor string
	goesOn    bool
}{
	{"Destroy", func(t *testing.T, v *visitor) {
		v.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
	}, "", false},
	{"Manager.Destroy", func(t *testing.T, v *visitor) { expectNil(t, v.m.Destroy(t.Context(), v.id())) }, "", false},
	{"Renew", func(t *testing.T, v *visitor) {
		v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	}, "", true},
	{"Login", func(_ *testing.T, v *visitor) { v.login("ada") }, "ada", true},
}

// slowChanges are what a slow request does when its session has ended.
var slowChanges = []struct {
	name   string
	atOnce bool // it reports ErrGone itself, before the response
	do     func(ctx context.Context, s *coatcheck.Session) error
}{
	{"a change that is saved with the response", false, func(_ context.Context, s *coatcheck.Session) error { tally.Set(s, 666); return nil }},
	{"an update that is saved with the response", false, func(_ context.Context, s *coatcheck.Session) error {
		tally.Update(s, increment)
		return nil
	}},
	{"writing what it had read", false, func(_ context.Context, s *coatcheck.Session) error { motto.Set(s, motto.Get(s)); return nil }},
	{"Save", true, func(ctx context.Context, s *coatcheck.Session) error { tally.Set(s, 666); return s.Save(ctx) }},
	{"Clear and Save", true, func(ctx context.Context, s *coatcheck.Session) error { s.Clear(); return s.Save(ctx) }},
	{"Transact", true, func(ctx context.Context, s *coatcheck.Session) error {
		return s.Transact(ctx, func(s *coatcheck.Session) error { tally.Set(s, 666); return nil })
	}},
	{"SetPersistent", true, func(ctx context.Context, s *coatcheck.Session) error { s.SetPersistent(true); return s.Save(ctx) }},
	{"Renew", true, func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) }},
	{"Login", true, func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "mallory") }},
}

// Promise 2: a destroyed or renewed session never comes back, whatever a slow
// request does that had loaded it before. The request learns of it by ErrGone,
// and its response leaves the browser's cookie alone.
func TestPromise2EndedSessionNeverComesBack(t *testing.T) {
	for _, end := range ends {
		for _, change := range slowChanges {
			t.Run(end.name+" under "+change.name, func(t *testing.T) {
				store := shelf(t, nil)
				v := newVisitor(t, manage(t, store, nil)).begin()
				slow := v.twin()
				res := slow.serve(func(w http.ResponseWriter, r *http.Request) {
					s, err := coatcheck.FromContext(r.Context())
					expectNil(t, err)
					expectEqual(t, "motto", motto.Get(s), "carpe diem")
					end.do(t, v)
					err = change.do(t.Context(), s)
					if change.atOnce {
						expectError(t, err, coatcheck.ErrGone)
						tally.Set(s, 667) // and once more, for the response
					}
					_, _ = w.Write([]byte("saved!"))
				})
				expectStatus(t, res, http.StatusConflict)
				expectNoCookie(t, res)
				slow.expectAnonymous()
				if end.goesOn {
					expectEqual(t, "records", stored(t, store), 1)
					v.expectMotto(end.successor)
					v.expectTally(0)
					return
				}
				expectEqual(t, "records", stored(t, store), 0)
			})
		}
	}
}

// The same when the session is in the hands of two processes.
func TestPromise2AcrossProcesses(t *testing.T) {
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			store := shelf(t, nil)
			v := newVisitor(t, manage(t, store, nil)).begin()
			slow := v.at(manage(t, store, nil))
			res := slow.visit(func(s *coatcheck.Session) {
				tally.Update(s, increment)
				end.do(t, v)
			})
			expectStatus(t, res, http.StatusConflict)
			expectNoCookie(t, res)
			slow.expectAnonymous()
		})
	}
}

// A slow request that only reads is served: it began before the end.
func TestPromise2SlowReadIsServed(t *testing.T) {
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
			res := v.twin().visit(func(s *coatcheck.Session) {
				end.do(t, v)
				expectEqual(t, "motto", motto.Get(s), "carpe diem")
			})
			expectStatus(t, res, http.StatusOK)
			expectNoCookie(t, res)
		})
	}
}

// What a request does to a session that it ended itself.
func TestPromise2InTheRequestThatEndedIt(t *testing.T) {
	t.Run("Destroy drops what was pending and clears the cookie", func(t *testing.T) {
		store := shelf(t, nil)
		v := newVisitor(t, manage(t, store, nil)).begin()
		old := v.twin()
		expectStatus(t, v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 666)
			expectNil(t, s.Destroy(t.Context()))
			expectEqual(t, "new", s.IsNew(), true)
			expectEqual(t, "keys", len(s.Keys()), 0)
			expectNil(t, s.Destroy(t.Context())) // nothing is left to destroy
		}), http.StatusOK)
		expectEqual(t, "cookie", v.cookie, "")
		old.expectAnonymous()
		expectEqual(t, "records", stored(t, store), 0)
	})
	t.Run("a change behind Destroy begins a new session", func(t *testing.T) {
		store := shelf(t, nil)
		v := newVisitor(t, manage(t, store, nil)).begin()
		old := v.twin()
		res := v.visit(func(s *coatcheck.Session) {
			expectNil(t, s.Destroy(t.Context()))
			tally.Update(s, increment)
		})
		expectEqual(t, "Set-Cookie lines", len(res.Header["Set-Cookie"]), 1)
		v.expectTally(1)
		v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "") })
		old.expectAnonymous()
		expectEqual(t, "records", stored(t, store), 1)
	})
	for _, how := range successions {
		t.Run(how.name+" takes what was pending along, and what comes behind", func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
			old := v.twin()
			v.visit(func(s *coatcheck.Session) {
				tally.Update(s, increment)
				expectNil(t, how.do(t.Context(), s))
				tally.Update(s, increment)
			})
			v.expectTally(2)
			v.expectMotto(how.owner)
			old.expectAnonymous()
		})
		t.Run("a goroutine of the request saves at the same time as "+how.name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			old := v.twin()
			var saved error
			done := make(chan struct{})
			v.visit(func(s *coatcheck.Session) {
				store.on(only("Replace", once(func(_ context.Context, _ op, do func() error) error {
					go func() {
						defer close(done)
						tally.Update(s, increment)
						saved = s.Save(t.Context())
					}()
					return do()
				})))
				expectNil(t, how.do(t.Context(), s))
				<-done
				expectNil(t, saved)
			})
			v.expectTally(1)
			v.expectMotto(how.owner)
			old.expectAnonymous()
		})
	}
}

// While the stub lasts, the old token of a renewed session is known for what
// it is: writing under it is an error, so that no new cookie overwrites the
// successor's in the browser. Later it is unknown like any other.
func TestPromise2OldTokenAfterARenewal(t *testing.T) {
	clock := newClock()
	store := shelf(t, clock.Now)
	events := new(journal)
	v := newVisitor(t, manage(t, store, &coatcheck.Options{Now: clock.Now, OnEvent: events.add})).begin()
	old := v.twin()
	v.login("ada")
	for _, change := range slowChanges {
		t.Run(change.name, func(t *testing.T) {
			res := old.twin().visit(func(s *coatcheck.Session) {
				expectEqual(t, "new", s.IsNew(), true)
				expectEqual(t, "keys", len(s.Keys()), 0)
				_ = change.do(t.Context(), s)
				tally.Set(s, 667)
			})
			expectStatus(t, res, http.StatusConflict)
			expectNoCookie(t, res)
		})
	}
	for _, reason := range events.rejected() {
		expectEqual(t, "reason", reason, "replaced")
	}
	clock.Advance(stubLife)
	expectStatus(t, old.visit(func(s *coatcheck.Session) { tally.Set(s, 1) }), http.StatusOK)
	if old.token() == v.token() || old.cookie == "" {
		t.Error("the old token's holder did not get a session of its own")
	}
	v.expectMotto("ada")
	v.expectTally(0)
}

// Destroy races with a renewal of the same session, at the worst moment: when
// the one has looked and not yet acted, the other acts. Only one of them can
// have ended the session, and the loser leaves the cookie alone.
func TestPromise2DestroyAgainstRenewal(t *testing.T) {
	for _, how := range successions {
		for _, method := range []string{"Load", "Replace", "Delete"} {
			t.Run(how.name+" comes ahead of Destroy's "+method, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, nil)).begin()
				old, rival := v.twin(), v.at(manage(t, store.inner, nil))
				var renewed, destroyed error
				var res *http.Response
				rival.visit(func(theirs *coatcheck.Session) {
					acts := false
					store.on(only(method, once(func(ctx context.Context, _ op, do func() error) error {
						acts, renewed = true, how.do(ctx, theirs)
						return do()
					})))
					res = v.visit(func(s *coatcheck.Session) { destroyed = s.Destroy(t.Context()) })
					store.on(nil)
					expectEqual(t, "the rival acts", acts, true)
				})
				old.expectAnonymous()
				switch {
				case renewed == nil && destroyed == nil:
					t.Error("both say that they ended the session")
				case renewed == nil:
					expectError(t, destroyed, coatcheck.ErrGone)
					expectNoCookie(t, res)
					expectEqual(t, "successors that work", works(rival), 1)
				default:
					expectNil(t, destroyed)
					expectError(t, renewed, coatcheck.ErrGone)
					expectEqual(t, "records", stored(t, store.inner), 0)
				}
			})
		}
	}
}

// Saves that come between do not keep a session from being destroyed, nor
// does a store that loses its answers.
func TestPromise2DestroyIsNotDeterred(t *testing.T) {
	for name, h := range map[string]func(save func()) hook{
		"by a save that comes between": func(save func()) hook {
			return only("Replace", once(func(_ context.Context, _ op, do func() error) error { save(); return do() }))
		},
		"by several":             func(save func()) hook { return meddling("Replace", 5, save) },
		"by a lost answer":       func(func()) hook { return only("Replace", once(answerLost)) },
		"by a lost call":         func(func()) hook { return only("Replace", once(notDone)) },
		"by a late one":          func(func()) hook { return lateBehind("Replace") },
		"by a failing Delete":    func(func()) hook { return only("Delete", notDone) },
		"by an end that was one": nil,
	} {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			old, elsewhere := v.twin(), manage(t, store.inner, nil)
			v.visit(func(s *coatcheck.Session) {
				if h == nil {
					expectNil(t, elsewhere.Destroy(t.Context(), v.id()))
				} else {
					store.on(h(func() {
						expectNil(t, elsewhere.Update(t.Context(), v.id(), func(s *coatcheck.Session) error { tally.Update(s, increment); return nil }))
					}))
				}
				expectNil(t, s.Destroy(t.Context()))
				store.on(nil)
			})
			expectEqual(t, "cookie", v.cookie, "")
			old.expectAnonymous()
			expectEqual(t, "records", stored(t, store.inner), 0)
		})
	}
}

// meddling runs fn ahead of the first n calls of a method.
func meddling(method string, n int, fn func()) hook {
	return only(method, func(_ context.Context, _ op, do func() error) error {
		if n--; n >= 0 {
			fn()
		}
		return do()
	})
}
