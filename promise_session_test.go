package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A handler that panics ends the use of its session like one that returns.
func TestSessionIsClosedBehindAPanic(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	var kept *coatcheck.Session
	expectPanic(t, func() {
		v.twin().visit(func(s *coatcheck.Session) {
			kept = s
			tally.Set(s, 1)
			panic(errRefused)
		})
	})
	expectClosed(t, v, kept)
	v.expectMotto("")
	v.expectTally(0)
}

// FromContext gives every caller of a request the same session, and loads it
// once.
func TestFromContextLoadsOnce(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	store.on(nil)
	v.serve(func(_ http.ResponseWriter, r *http.Request) {
		first, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		together(16, func(int) {
			s, err := v.m.FromContext(context.WithoutCancel(r.Context()))
			expectNil(t, err)
			if s != first {
				t.Error("another session")
			}
		})
	})
	expectEqual(t, "loads", store.count("Load"), 1)
}

// All goroutines of a request may use its session at once; the race detector
// watches. What they add up is right, and what they save is whole.
func TestSessionInManyGoroutines(t *testing.T) {
	v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
	ctx := t.Context()
	v.visit(func(s *coatcheck.Session) {
		together(16, func(i int) {
			own := coatcheck.NewKey[int](fmt.Sprintf("own %d", i))
			for n := range 25 {
				tally.Update(s, increment)
				own.Set(s, n)
				expectEqual(t, "own", own.Get(s), n)
				motto.Get(s)
				s.Keys()
				s.ID()
				s.Info()
				switch (i + n) % 8 {
				case 0:
					expectNil(t, s.Save(ctx))
				case 1:
					expectNil(t, increase(ctx, s))
					tally.Update(s, func(n int) int { return n - 1 })
				case 2:
					expectNil(t, s.Touch(ctx))
				case 3:
					_, err := coatcheck.FromContext(ctx)
					expectError(t, err, coatcheck.ErrNoHandler)
				}
			}
		})
	})
	v.expectTally(400)
	v.visit(func(s *coatcheck.Session) {
		expectEqual(t, "keys", len(s.Keys()), 18)
		for i := range 16 {
			expectEqual(t, "own", coatcheck.NewKey[int](fmt.Sprintf("own %d", i)).Get(s), 24)
		}
	})
}

// Renewals among the goroutines of one request follow each other.
func TestRenewalsInManyGoroutines(t *testing.T) {
	store := shelf(t, nil)
	v := newVisitor(t, manage(t, store, nil)).begin()
	old := v.twin()
	v.visit(func(s *coatcheck.Session) {
		together(8, func(i int) {
			tally.Update(s, increment)
			if i%2 == 0 {
				expectNil(t, s.Renew(t.Context()))
			} else {
				expectNil(t, s.Login(t.Context(), "ada"))
			}
		})
	})
	old.expectAnonymous()
	v.expectMotto("ada")
	v.expectTally(8)
	expectEqual(t, "records", stored(t, store), 1)
}

// Ten requests that renew one session at once: one successor. Whoever came too
// late is told, has ended nothing, and sets no cookie.
func TestCase17RenewalsAtOnce(t *testing.T) {
	for _, how := range successions {
		t.Run(how.name, func(t *testing.T) {
			store := shelf(t, nil)
			m := manage(t, store, nil)
			v := newVisitor(t, m).begin()
			clients := make([]*visitor, 10)
			errs := make([]error, 10)
			barrier := make(chan struct{})
			ready := make(chan struct{}, 10)
			go func() {
				for range 10 {
					<-ready
				}
				close(barrier)
			}()
			together(10, func(i int) {
				clients[i] = v.twin()
				clients[i].visit(func(s *coatcheck.Session) {
					ready <- struct{}{}
					<-barrier
					errs[i] = how.do(t.Context(), s)
				})
			})
			winners := 0
			for i, err := range errs {
				if err == nil {
					winners++
					clients[i].expectMotto(how.owner)
					continue
				}
				expectError(t, err, coatcheck.ErrGone)
				expectEqual(t, "cookie", clients[i].cookie, v.cookie)
			}
			expectEqual(t, "winners", winners, 1)
			expectEqual(t, "records", stored(t, store), 1)
			v.expectAnonymous()
		})
	}
}

// A context that has ended is an error before anything is done, and another
// one may still be used.
func TestEndedContext(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v.serve(func(_ http.ResponseWriter, r *http.Request) {
		store.on(nil)
		ended, stop := context.WithCancel(r.Context())
		stop()
		_, err := coatcheck.FromContext(ended)
		expectError(t, err, context.Canceled)
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		expectEqual(t, "calls", store.count(""), 1)
		tally.Set(s, 1)
		for _, err := range []error{s.Save(ctx), s.Renew(ctx), s.Login(ctx, "ada"), s.Destroy(ctx), s.Touch(ctx), increase(ctx, s)} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		}
		expectEqual(t, "calls", store.count(""), 1)
	})
	v.expectTally(1)
}
