package coatcheck_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// poll is the default of Options.PollInterval.
const poll = 5 * time.Second

// doneStores are a store that reports changes, and one that must be asked.
var doneStores = map[string]func(t testing.TB) coatcheck.Store{
	"Watcher": func(t testing.TB) coatcheck.Store { return shelf(t, nil) },
	"asked":   func(t testing.TB) coatcheck.Store { return watched(t) },
}

// doneBound is how long an end in another process may stay unknown.
func doneBound(store string) time.Duration {
	if store == "Watcher" {
		return 0
	}
	return poll
}

// eachDoneStore runs a test in a bubble on each of them.
func eachDoneStore(t *testing.T, test func(t *testing.T, store coatcheck.Store, bound time.Duration)) {
	for name, open := range doneStores {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, open(t), doneBound(name)) })
		})
	}
}

// expectOpen checks that the channel is open, when all has come to rest.
func expectOpen(t testing.TB, s *coatcheck.Session) {
	t.Helper()
	s.Done()
	synctest.Wait()
	expectOpenNow(t, s)
}

// expectOpenNow is expectOpen outside a bubble.
func expectOpenNow(t testing.TB, s *coatcheck.Session) {
	t.Helper()
	select {
	case <-s.Done():
		t.Errorf("Done is closed: %v", s.Ended())
	default:
		if err := s.Ended(); err != nil {
			t.Errorf("Done is open, but Ended is %v", err)
		}
	}
}

// expectDone waits for the end, which must come within a time and be for that
// reason.
func expectDone(t testing.TB, s *coatcheck.Session, within time.Duration, why error) {
	t.Helper()
	start := time.Now()
	select {
	case <-s.Done():
	case <-time.After(24 * time.Hour):
		t.Errorf("Done stays open; want %v", why)
		return
	}
	if took := time.Since(start); took > within {
		t.Errorf("Done was closed after %v, want %v", took, within)
	}
	expectReason(t, s, why)
}

// expectDoneNow checks that Done is closed already.
func expectDoneNow(t testing.TB, s *coatcheck.Session, why error) {
	t.Helper()
	select {
	case <-s.Done():
		expectReason(t, s, why)
	default:
		t.Errorf("Done is open; want %v", why)
	}
}

// expectReason checks Ended: the very reason, which is an ErrGone unless the
// session lives.
func expectReason(t testing.TB, s *coatcheck.Session, why error) {
	t.Helper()
	err := s.Ended()
	expectError(t, err, why)
	for _, other := range []error{coatcheck.ErrDestroyed, coatcheck.ErrExpired, coatcheck.ErrRenewed, coatcheck.ErrClosed} {
		if other != why && errors.Is(err, other) {
			t.Errorf("Ended: %v, want %v", err, why)
		}
	}
	expectEqual(t, "is ErrGone", errors.Is(err, coatcheck.ErrGone), why != coatcheck.ErrClosed)
}

// An ender ends the session of a visitor who is logged in as ada.
type ender struct {
	name string
	why  error
	end  func(t testing.TB, v *visitor)
}

func enders() []ender {
	in := func(fn func(ctx context.Context, s *coatcheck.Session) error) func(testing.TB, *visitor) {
		return func(t testing.TB, v *visitor) {
			v.twin().visit(func(s *coatcheck.Session) { expectNil(t, fn(t.Context(), s)) })
		}
	}
	return []ender{
		{"Destroy", coatcheck.ErrDestroyed, in(func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) })},
		{"Renew", coatcheck.ErrRenewed, in(func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) })},
		{"Login", coatcheck.ErrRenewed, in(func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") })},
		{"Login as another", coatcheck.ErrRenewed, in(func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "eve") })},
		{"Manager.Destroy", coatcheck.ErrDestroyed, func(t testing.TB, v *visitor) { expectNil(t, v.m.Destroy(t.Context(), v.id())) }},
		{"DestroyOwner", coatcheck.ErrDestroyed, func(t testing.TB, v *visitor) {
			n, err := v.m.DestroyOwner(t.Context(), "ada")
			expectNil(t, err)
			expectEqual(t, "sessions ended", n, 1)
		}},
	}
}

// What the same process does to a session is known when it has been done, with
// any store, to all who listen.
func TestDoneClosesWithTheCallThatEndsTheSession(t *testing.T) {
	for _, e := range enders() {
		t.Run(e.name, func(t *testing.T) {
			eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
				v := newVisitor(t, manage(t, store, nil)).login("ada")
				bystander := newVisitor(t, v.m).login("bob")
				v.twin().visit(func(s *coatcheck.Session) {
					v.twin().visit(func(other *coatcheck.Session) {
						bystander.visit(func(third *coatcheck.Session) {
							expectOpen(t, s)
							expectOpen(t, other)
							expectOpen(t, third)
							e.end(t, v)
							expectDoneNow(t, s, e.why)
							expectDoneNow(t, other, e.why)
							expectOpen(t, third)
						})
					})
				})
			})
		})
	}
}

// What another process does is known at once where the store reports changes,
// and within Options.PollInterval where it does not.
func TestDoneClosesWhenAnotherProcessEndsTheSession(t *testing.T) {
	for _, e := range enders() {
		t.Run(e.name, func(t *testing.T) {
			eachDoneStore(t, func(t *testing.T, store coatcheck.Store, bound time.Duration) {
				v := newVisitor(t, manage(t, store, nil)).login("ada")
				elsewhere := v.at(manage(t, store, nil))
				v.visit(func(s *coatcheck.Session) {
					expectOpen(t, s)
					time.Sleep(time.Minute)
					expectOpen(t, s)
					e.end(t, elsewhere)
					expectDone(t, s, bound, e.why)
				})
			})
		})
	}
}

// A session that ended between its load and the first call of Done is found
// out at once.
func TestDoneLooksAtOnce(t *testing.T) {
	for _, e := range enders() {
		t.Run(e.name, func(t *testing.T) {
			eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
				v := newVisitor(t, manage(t, store, nil)).login("ada")
				v.visit(func(s *coatcheck.Session) {
					e.end(t, v.at(manage(t, store, nil)))
					expectDone(t, s, 0, e.why)
				})
			})
		})
	}
}

// A Session that logs in or renews follows itself; the end of the new session
// is the end.
func TestDoneFollowsItsOwnRenewals(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, bound time.Duration) {
		v := newVisitor(t, manage(t, store, nil)).begin()
		elsewhere := manage(t, store, nil)
		v.visit(func(s *coatcheck.Session) {
			twin := v.twin()
			twin.visit(func(other *coatcheck.Session) {
				expectOpen(t, s)
				expectOpen(t, other)
				expectNil(t, s.Login(t.Context(), "ada"))
				expectDoneNow(t, other, coatcheck.ErrRenewed)
				expectOpen(t, s)
			})
			expectNil(t, s.Renew(t.Context()))
			expectNil(t, s.Login(t.Context(), "eve"))
			time.Sleep(2 * time.Minute) // all stubs have expired
			expectOpen(t, s)
			expectNil(t, elsewhere.Destroy(t.Context(), s.ID()))
			expectDone(t, s, bound, coatcheck.ErrDestroyed)
		})
	})
}

// Its own Destroy ends it for good: what the request begins afterwards is
// another session.
func TestDoneStaysClosed(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		newVisitor(t, manage(t, store, nil)).begin().visit(func(s *coatcheck.Session) {
			done := s.Done()
			expectNil(t, s.Destroy(t.Context()))
			expectDoneNow(t, s, coatcheck.ErrDestroyed)
			motto.Set(s, "ab ovo")
			expectNil(t, s.Save(t.Context()))
			expectEqual(t, "the same channel", s.Done(), done)
			expectDoneNow(t, s, coatcheck.ErrDestroyed)
		})
	})
}

// A session that is not stored yet is followed from its birth.
func TestDoneFollowsABirth(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, bound time.Duration) {
		newVisitor(t, manage(t, store, nil)).visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			motto.Set(s, "ab ovo")
			expectNil(t, s.Save(t.Context()))
			expectOpen(t, s)
			expectNil(t, manage(t, store, nil).Destroy(t.Context(), s.ID()))
			expectDone(t, s, bound, coatcheck.ErrDestroyed)
		})
	})
}

// When the handler returns, or panics, nobody listens any more; when the
// manager is closed, neither.
func TestDoneClosesWithTheHandlerAndTheManager(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		v := newVisitor(t, manage(t, store, nil)).begin()
		for name, visitor := range map[string]*visitor{"stored": v, "not stored": newVisitor(t, v.m)} {
			var s *coatcheck.Session
			visitor.visit(func(of *coatcheck.Session) {
				s = of
				expectOpen(t, s)
			})
			expectDoneNow(t, s, coatcheck.ErrClosed)

			func() {
				defer func() { _ = recover() }()
				visitor.visit(func(of *coatcheck.Session) {
					s = of
					expectOpen(t, s)
					panic(name)
				})
			}()
			expectDoneNow(t, s, coatcheck.ErrClosed)
		}
		var s *coatcheck.Session
		v.visit(func(of *coatcheck.Session) { s = of })
		expectError(t, s.Ended(), coatcheck.ErrClosed)
		expectDoneNow(t, s, coatcheck.ErrClosed)

		v.visit(func(s *coatcheck.Session) {
			newVisitor(t, v.m).visit(func(unborn *coatcheck.Session) {
				expectOpen(t, s)
				expectOpen(t, unborn)
				expectNil(t, v.m.Close())
				expectDoneNow(t, s, coatcheck.ErrClosed)
				expectDoneNow(t, unborn, coatcheck.ErrClosed)
			})
		})
	})
}

// A session outside HTTP is followed until its Close.
func TestDoneOutsideHTTP(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, bound time.Duration) {
		m := manage(t, store, nil)
		s, err := m.Open(t.Context(), "")
		expectNil(t, err)
		expectOpen(t, s)
		expectNil(t, s.Login(t.Context(), "ada"))
		again, err := m.Open(t.Context(), s.Token())
		expectNil(t, err)
		expectOpen(t, again)
		expectNil(t, again.Close())
		expectNil(t, again.Close())
		expectDoneNow(t, again, coatcheck.ErrClosed)
		expectError(t, again.Save(t.Context()), coatcheck.ErrClosed)
		expectOpen(t, s)
		expectNil(t, manage(t, store, nil).Destroy(t.Context(), s.ID()))
		expectDone(t, s, bound, coatcheck.ErrDestroyed)

		newVisitor(t, m).begin().visit(func(s *coatcheck.Session) {
			expectNil(t, s.Close())
			expectOpen(t, s)
		})
	})
}

// A token that was replaced before the request opens nothing that could end.
func TestDoneOfASessionThatHadEnded(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		v := newVisitor(t, manage(t, store, nil)).begin()
		v.twin().login("ada")
		v.visit(func(s *coatcheck.Session) {
			expectError(t, s.Ended(), coatcheck.ErrGone)
			expectDoneNow(t, s, coatcheck.ErrGone)
		})
	})
}

// A save that meets the end makes it known to all, with the reason.
func TestDoneClosesWhenASaveMeetsTheEnd(t *testing.T) {
	for _, e := range enders() {
		t.Run(e.name, func(t *testing.T) {
			eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
				v := newVisitor(t, manage(t, store, &coatcheck.Options{PollInterval: time.Hour})).login("ada")
				v.visit(func(s *coatcheck.Session) {
					v.visit(func(reader *coatcheck.Session) {
						expectOpen(t, s)
						expectOpen(t, reader)
						e.end(t, v.at(manage(t, store, nil)))
						tally.Set(s, 1)
						expectError(t, s.Save(t.Context()), coatcheck.ErrGone)
						expectDone(t, s, 0, e.why)
						expectDone(t, reader, 0, e.why)
					})
				})
			})
		})
	}
}

// Own renewals, one after the other, never look like an end, whenever Done is
// called first.
func TestDoneIsNotClosedByTheRenewalUnderWay(t *testing.T) {
	for name, open := range doneStores {
		t.Run(name, func(t *testing.T) {
			m := manage(t, open(t), &coatcheck.Options{PollInterval: time.Millisecond})
			for range 20 {
				s, err := m.Open(t.Context(), "")
				expectNil(t, err)
				expectNil(t, s.Login(t.Context(), "ada"))
				var both sync.WaitGroup
				both.Go(func() {
					for range 10 {
						expectNil(t, s.Renew(t.Context()))
					}
				})
				both.Go(func() { expectOpenNow(t, s) })
				both.Wait()
				expectOpenNow(t, s)
				expectNil(t, s.Destroy(t.Context()))
				expectDoneNow(t, s, coatcheck.ErrDestroyed)
			}
		})
	}
}

// A look between the two steps of an own renewal finds the old token dead, and
// waits for the end of the renewal.
func TestDoneIsNotClosedBetweenTheStepsOfARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{PollInterval: 50 * time.Millisecond})).login("ada")
		v.visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			store.on(only("Replace", func(_ context.Context, _ op, do func() error) error {
				defer time.Sleep(time.Second) // looks go on meanwhile
				return do()
			}))
			expectNil(t, s.Renew(t.Context()))
			expectOpen(t, s)
		})
	})
}

// A session that is found under another ID is followed there.
func TestDoneFollowsARecordThatHasMoved(t *testing.T) {
	eachDoneStore(t, func(t *testing.T, store coatcheck.Store, _ time.Duration) {
		m := manage(t, store, nil)
		from, to := newVisitor(t, m).begin(), newVisitor(t, m).begin()
		rec, err := store.Load(t.Context(), to.id())
		expectNil(t, err)
		from.visit(func(s *coatcheck.Session) {
			from.visit(func(other *coatcheck.Session) {
				expectOpen(t, s)
				expectOpen(t, other)
				m.Found(from.id(), rec)
				expectNil(t, m.Destroy(t.Context(), from.id()))
				time.Sleep(time.Minute)
				expectOpen(t, s)
				expectOpen(t, other)
				expectNil(t, m.Destroy(t.Context(), to.id()))
				expectDoneNow(t, s, coatcheck.ErrDestroyed)
				expectDoneNow(t, other, coatcheck.ErrDestroyed)
			})
		})
	})
}

// Those who listen and those who end meet in any order.
func TestDoneAmidACrowd(t *testing.T) {
	for name, open := range doneStores {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			v := newVisitor(t, manage(t, store, &coatcheck.Options{PollInterval: 2 * time.Millisecond})).begin()
			elsewhere := manage(t, store, nil)
			var crowd sync.WaitGroup
			for i := range 16 {
				crowd.Go(func() {
					v.twin().serve(func(w http.ResponseWriter, r *http.Request) {
						s, err := coatcheck.FromContext(r.Context())
						if err != nil || s.IsNew() {
							return // it came late
						}
						crowd.Go(func() { tcpWait(t, s.Done()) }) // outlives the handler
						if i%2 == 0 {
							return
						}
						tcpWait(t, s.Done())
						expectReason(t, s, coatcheck.ErrDestroyed)
					})
				})
			}
			crowd.Go(func() { expectNil(t, elsewhere.Destroy(t.Context(), v.id())) })
			crowd.Wait()
		})
	}
}
