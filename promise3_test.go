package coatcheck_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Promise 3: no request waits for another's handler. In a bubble, waiting for
// one that never ends would be a deadlock, which the test reports; and waiting
// for a timeout would move the clock.
func TestPromise3NoRequestWaitsForAnothersHandler(t *testing.T) {
	everything := map[string]func(ctx context.Context, s *coatcheck.Session) error{
		"read":          func(_ context.Context, s *coatcheck.Session) error { motto.Get(s); return nil },
		"change":        func(_ context.Context, s *coatcheck.Session) error { tally.Update(s, increment); return nil },
		"save":          func(ctx context.Context, s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(ctx) },
		"touch":         (func(ctx context.Context, s *coatcheck.Session) error { return s.Touch(ctx) }),
		"renew":         func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) },
		"login":         func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		"destroy":       func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) },
		"transact":      increase,
		"set a key":     func(ctx context.Context, s *coatcheck.Session) error { motto.Set(s, "x"); return s.Save(ctx) },
		"remain silent": func(context.Context, *coatcheck.Session) error { return nil },
	}
	for name, do := range everything {
		t.Run(name+" while 16 handlers of the session are under way", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
				release := make(chan struct{})
				var slow sync.WaitGroup
				for range 16 {
					slow.Go(func() {
						v.twin().visit(func(s *coatcheck.Session) {
							tally.Update(s, increment)
							<-release
						})
					})
				}
				synctest.Wait()
				start := time.Now()
				expectStatus(t, v.twin().visit(func(s *coatcheck.Session) { expectNil(t, do(t.Context(), s)) }), http.StatusOK)
				expectEqual(t, "waited", time.Since(start), 0)
				close(release)
				slow.Wait()
			})
		})
		t.Run(name+" while a Transact function of the session is under way", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
				for _, run := range []int{1, 2} {
					start := time.Now()
					runs := 0
					v.twin().visit(func(s *coatcheck.Session) {
						_ = s.Transact(t.Context(), func(s *coatcheck.Session) error {
							tally.Set(s, 100)
							if runs++; runs < run { // so that the function runs again
								v.twin().visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
								return nil
							}
							expectStatus(t, v.twin().visit(func(s *coatcheck.Session) { expectNil(t, do(t.Context(), s)) }), http.StatusOK)
							expectEqual(t, "waited", time.Since(start), 0)
							return errRefused
						})
					})
					expectEqual(t, "runs", runs, run)
					v = newVisitor(t, v.m).begin()
				}
			})
		})
	}
}

// increase adds one to the tally by Transact.
func increase(ctx context.Context, s *coatcheck.Session) error {
	return s.Transact(ctx, func(s *coatcheck.Session) error { tally.Update(s, increment); return nil })
}

// A store that hangs over one session holds up no other one; and that one only
// for a bounded time.
func TestPromise3SessionsDoNotWaitForEachOther(t *testing.T) {
	for _, method := range []string{"Load", "Replace", "Touch", "Delete"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := watched(t)
				m := manage(t, store, nil)
				stuck, free := newVisitor(t, m).begin(), newVisitor(t, m).begin()
				time.Sleep(2 * time.Minute) // a touch is due
				id := stuck.id()
				store.on(func(ctx context.Context, o op, do func() error) error {
					if o.id == id && o.name == method {
						return hang(ctx, o, do)
					}
					return do()
				})
				use := func(v *visitor) {
					v.visit(func(s *coatcheck.Session) { motto.Get(s) })
					v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
					v.visit(func(s *coatcheck.Session) { _ = s.Destroy(t.Context()) })
				}
				stuck.t = silent{t} // its errors are expected
				var waiting sync.WaitGroup
				for range 4 {
					waiting.Go(func() { use(stuck.twin()) })
				}
				synctest.Wait()
				start := time.Now()
				use(free)
				expectEqual(t, "waited", time.Since(start), 0)
				expectEqual(t, "the other's cookie", free.cookie, "")
				waiting.Wait()
			})
		})
	}
}

// silent is a test that does not mind errors.
type silent struct{ testing.TB }

// Errorf drops the message.
func (silent) Errorf(string, ...any) {}

// The saves of one session queue in this process. One that hangs makes the
// others fail in time, and does not make them wait one after the other.
func TestPromise3QueueOfSavesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		m := manage(t, store, &coatcheck.Options{StoreTimeout: time.Second})
		v := newVisitor(t, m).begin()
		store.on(only("Replace", hang))
		start := time.Now()
		together(20, func(int) {
			res := v.twin().visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
			expectStatus(t, res, http.StatusServiceUnavailable)
			expectNoCookie(t, res)
		})
		// Its own turn takes a save two calls and two questions.
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("the last of them failed after %v", d)
		}
		store.on(nil)
		v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) })
		v.expectTally(1)
	})
}
