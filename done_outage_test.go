package coatcheck_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A store that is down ends no session: the end comes when it can be told.
func TestDoneStaysOpenWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, events := watched(t), new(journal)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).login("ada")
		v.visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			store.on(func(context.Context, op, func() error) error { return errLost })
			time.Sleep(time.Minute)
			expectOpen(t, s)
			if n := len(events.of(coatcheck.EventStoreError)); n < 12 || n > 16 {
				t.Errorf("%d events in a minute of outage", n)
			}
			store.on(nil)
			time.Sleep(time.Minute)
			expectOpen(t, s)
			expectNil(t, manage(t, store, nil).Destroy(t.Context(), s.ID()))
			expectDone(t, s, poll, coatcheck.ErrDestroyed)
		})
	})
}

// A store that hangs costs a look its StoreTimeout, and no listener more.
func TestDoneWithAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).login("ada")
		v.visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			store.on(only("Load", func(ctx context.Context, _ op, _ func() error) error {
				<-ctx.Done()
				return ctx.Err()
			}))
			time.Sleep(time.Minute)
			expectOpen(t, s)
			store.on(nil)
			expectNil(t, manage(t, store, nil).Destroy(t.Context(), s.ID()))
			expectDone(t, s, poll+2*time.Second, coatcheck.ErrDestroyed)
		})
	})
}

// Whose idle deadline passes while nobody can tell whether it was moved, has
// expired.
func TestDoneClosesWhenItCannotBeToldForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).login("ada")
		v.visit(func(s *coatcheck.Session) {
			time.Sleep(10 * time.Minute)
			v.twin().visit(func(*coatcheck.Session) {}) // a touch
			time.Sleep(poll)
			expectOpen(t, s)
			store.on(func(context.Context, op, func() error) error { return errLost })
			time.Sleep(29 * time.Minute)
			expectOpen(t, s)
			expectDone(t, s, time.Minute, coatcheck.ErrExpired)
		})
	})
}

// A record that cannot be read any more costs the session.
func TestDoneClosesWhenTheRecordIsDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, events := watched(t), new(journal)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).login("ada")
		v.visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			store.give(func(_ coatcheck.ID, rec *coatcheck.Record) *coatcheck.Record {
				damaged := *rec
				damaged.Version++
				return &damaged
			})
			expectDone(t, s, poll, coatcheck.ErrGone)
			expectError(t, s.Ended(), coatcheck.ErrCorrupt)
			expectEqual(t, "rejections", len(events.rejected()), 1)
		})
	})
}

// However many listen, and in how many requests, one process asks once.
func TestDoneAsksOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).login("ada")
		var nest func(depth int)
		nest = func(depth int) {
			v.visit(func(s *coatcheck.Session) {
				expectOpen(t, s)
				if depth > 0 {
					nest(depth - 1)
					return
				}
				store.on(nil)
				time.Sleep(5 * time.Minute)
				if n := store.count(""); n < 60 || n > 80 {
					t.Errorf("%d calls to the store in 5 minutes, want 60 to 80", n)
				}
				expectEqual(t, "loads", store.count("Load"), store.count(""))
			})
		}
		nest(50)
		store.on(nil)
		time.Sleep(time.Minute)
		expectEqual(t, "calls for nobody", store.count(""), 0)
	})
}

// A store that reports changes is hardly asked.
func TestDoneHardlyAsksAWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := manage(t, shelf(t, nil), nil)
		newVisitor(t, m).login("ada").visit(func(s *coatcheck.Session) {
			expectOpen(t, s)
			before := m.Stats().Loads
			time.Sleep(10 * time.Minute)
			if n := m.Stats().Loads - before; n < 20 || n > 32 {
				t.Errorf("%d looks in 10 minutes, want 20 to 32", n)
			}
		})
	})
}

// Who listens leaves nothing behind, even if nobody closes the manager: a
// goroutine that stayed would fail the bubble.
func TestDoneLeavesNoGoroutine(t *testing.T) {
	for name, open := range doneStores {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, err := coatcheck.New(open(t), &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
				if err != nil {
					t.Fatal(err)
				}
				v := newVisitor(t, m).begin()
				for range 3 {
					v.visit(func(s *coatcheck.Session) { expectOpen(t, s) })
				}
			})
		})
	}
}

// A fitful store watches, but not well.
type fitful struct {
	*spy
	watch func(ctx context.Context, fn func(coatcheck.Change)) error
	calls atomic.Int32
}

func (f *fitful) Watch(ctx context.Context, fn func(coatcheck.Change)) error {
	f.calls.Add(1)
	return f.watch(ctx, fn)
}

// While the store cannot watch, or is only beginning to, it is asked as often
// as one that never can.
func TestDoneWithAWatcherThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		watch  func(ctx context.Context, fn func(coatcheck.Change)) error
		events int // store errors in a minute
		calls  int // of Watch
	}{
		"unsupported": {func(context.Context, func(coatcheck.Change)) error { return coatcheck.ErrUnsupported }, 0, 1},
		"broken":      {func(context.Context, func(coatcheck.Change)) error { return errLost }, 12, 12},
		"no error":    {func(context.Context, func(coatcheck.Change)) error { return nil }, 12, 12},
		"late":        {func(ctx context.Context, _ func(coatcheck.Change)) error { <-ctx.Done(); return ctx.Err() }, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, events := &fitful{spy: watched(t), watch: c.watch}, new(journal)
				v := newVisitor(t, manage(t, store, &coatcheck.Options{OnEvent: events.add})).login("ada")
				v.visit(func(s *coatcheck.Session) {
					expectOpen(t, s)
					if name != "late" {
						time.Sleep(time.Minute - time.Millisecond)
						expectOpen(t, s)
						expectEqual(t, "store errors", len(events.of(coatcheck.EventStoreError)), c.events)
						expectEqual(t, "calls of Watch", int(store.calls.Load()), c.calls)
					}
					expectNil(t, manage(t, store, nil).Destroy(t.Context(), s.ID()))
					expectDone(t, s, poll, coatcheck.ErrDestroyed)
				})
			})
		})
	}
}

// Lost means that anything may have happened; and a Watcher that has gone deaf
// is not trusted for long.
func TestDoneWithAWatcherThatMissesChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := make(chan struct{})
		store := &fitful{spy: watched(t), watch: func(ctx context.Context, fn func(coatcheck.Change)) error {
			for {
				select {
				case <-lost:
					fn(coatcheck.Change{Lost: true})
				case <-ctx.Done():
					return errors.Join(errLost, ctx.Err())
				}
			}
		}}
		m, elsewhere := manage(t, store, nil), manage(t, store.spy, nil)
		newVisitor(t, m).login("ada").visit(func(s *coatcheck.Session) {
			newVisitor(t, m).login("bob").visit(func(other *coatcheck.Session) {
				expectOpen(t, s)
				expectOpen(t, other)
				time.Sleep(time.Minute)
				expectNil(t, elsewhere.Destroy(t.Context(), s.ID()))
				lost <- struct{}{}
				expectDone(t, s, time.Millisecond, coatcheck.ErrDestroyed)
				expectOpen(t, other)
				expectNil(t, elsewhere.Destroy(t.Context(), other.ID()))
				expectDone(t, other, 30*time.Second, coatcheck.ErrDestroyed)
			})
		})
	})
}
