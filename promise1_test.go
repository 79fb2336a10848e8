package coatcheck_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/coatcheck/coatcheck"
)

// Promise 1: changes of concurrent requests merge per key, and update
// functions are replayed until they are saved. What a request was told is
// saved stays.
func TestPromise1NoAcknowledgedChangeIsLost(t *testing.T) {
	const writers, each = 32, 2000 / 32 // and the rest by the first
	share := func(writer int) int {
		if writer == 0 {
			return each + 2000%writers
		}
		return each
	}
	t.Run("32 clients increment one session 2,000 times by its handler", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		together(writers, func(i int) {
			for range share(i) {
				expectStatus(t, v.twin().visit(func(s *coatcheck.Session) { tally.Update(s, increment) }), http.StatusOK)
			}
		})
		v.expectTally(2000)
	})
	t.Run("2,000 increments by Manager.Update", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		together(writers, func(i int) {
			for range share(i) {
				expectNil(t, v.m.Update(t.Context(), v.id(), func(s *coatcheck.Session) error {
					tally.Update(s, increment)
					return nil
				}))
			}
		})
		v.expectTally(2000)
	})
	t.Run("2,000 increments by read and write inside Transact", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		together(writers, func(i int) {
			for range share(i) {
				v.twin().visit(func(s *coatcheck.Session) {
					expectNil(t, s.Transact(t.Context(), func(s *coatcheck.Session) error {
						tally.Set(s, tally.Get(s)+1)
						return nil
					}))
				})
			}
		})
		v.expectTally(2000)
	})
	t.Run("2,000 increments in two processes, by handlers and by Manager.Update", func(t *testing.T) {
		store := shelf(t, nil)
		processes := [2]*coatcheck.Manager{manage(t, store, nil), manage(t, store, nil)}
		v := newVisitor(t, processes[0]).begin()
		together(writers, func(i int) {
			m := processes[i%2]
			for n := range share(i) {
				if n%2 == 0 {
					expectStatus(t, v.at(m).visit(func(s *coatcheck.Session) { tally.Update(s, increment) }), http.StatusOK)
					continue
				}
				expectNil(t, m.Update(t.Context(), v.id(), func(s *coatcheck.Session) error {
					tally.Update(s, increment)
					return nil
				}))
			}
		})
		v.expectTally(2000)
	})
	t.Run("200 requests, all loaded before the first saves, each set another key", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		var loaded sync.WaitGroup
		loaded.Add(200)
		together(200, func(i int) {
			expectStatus(t, v.twin().visit(func(s *coatcheck.Session) {
				coatcheck.NewKey[int](fmt.Sprintf("key %d", i)).Set(s, i)
				loaded.Done()
				loaded.Wait()
			}), http.StatusOK)
		})
		v.visit(func(s *coatcheck.Session) {
			expectEqual(t, "keys", len(s.Keys()), 201)
			for i := range 200 {
				expectEqual(t, fmt.Sprintf("key %d", i), coatcheck.NewKey[int](fmt.Sprintf("key %d", i)).Get(s), i)
			}
		})
		v.expectMotto("")
	})
}

// together runs fn in n goroutines and waits for them.
func together(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}

// The merge of two requests, one inside the other: the outer has loaded before
// the inner loads, and saves after it has saved.
func TestPromise1ConcurrentChangesMergePerKey(t *testing.T) {
	cart := coatcheck.NewKey[[]string]("cart")
	add := func(item string) func([]string) []string {
		return func(old []string) []string { return append(old, item) }
	}
	for _, test := range []struct {
		name         string
		outer, inner func(s *coatcheck.Session)
		want         map[string]string
	}{
		{"different keys", set("a", "outer"), set("b", "inner"), map[string]string{"a": "outer", "b": "inner", "old": "0"}},
		{"the same key: the last saved wins", set("a", "outer"), set("a", "inner"), map[string]string{"a": "outer", "old": "0"}},
		{"the value that was there is a change like any other", set("old", "0"), set("old", "inner"), map[string]string{"old": "0"}},
		{"a deletion after a change", remove("old"), set("old", "inner"), map[string]string{}},
		{"a change after a deletion", set("old", "outer"), remove("old"), map[string]string{"old": "outer"}},
		{"the deletion of a key that came meanwhile", remove("a"), set("a", "inner"), map[string]string{"old": "0"}},
		{"Clear removes what came meanwhile", (*coatcheck.Session).Clear, set("a", "inner"), map[string]string{}},
		{"Clear keeps what is set after it", func(s *coatcheck.Session) { s.Clear(); set("a", "outer")(s) }, set("b", "inner"), map[string]string{"a": "outer"}},
		{"Clear comes between a load and a change", set("a", "outer"), (*coatcheck.Session).Clear, map[string]string{"a": "outer"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVisitor(t, manage(t, shelf(t, nil), nil))
			v.visit(set("old", "0"))
			other := v.twin()
			expectStatus(t, v.visit(func(s *coatcheck.Session) {
				test.outer(s)
				expectStatus(t, other.visit(test.inner), http.StatusOK)
			}), http.StatusOK)
			v.visit(func(s *coatcheck.Session) {
				expectEqual(t, "keys", len(s.Keys()), len(test.want))
				for name, want := range test.want {
					expectEqual(t, name, coatcheck.NewKey[string](name).Get(s), want)
				}
			})
		})
	}
	t.Run("Update is replayed on the new value", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil)).begin()
		other := v.twin()
		v.visit(func(s *coatcheck.Session) {
			cart.Update(s, add("coat"))
			cart.Update(s, add("hat"))
			other.visit(func(s *coatcheck.Session) { cart.Update(s, add("umbrella")) })
			if provisional := cart.Get(s); !slices.Equal(provisional, []string{"coat", "hat"}) {
				t.Errorf("before the save: %q", provisional)
			}
			expectNil(t, s.Save(t.Context()))
			if saved := cart.Get(s); !slices.Equal(saved, []string{"umbrella", "coat", "hat"}) {
				t.Errorf("after the save: %q", saved)
			}
		})
	})
	t.Run("an Update that changed nothing is replayed all the same", func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), nil))
		v.visit(func(s *coatcheck.Session) { tally.Set(s, 7) })
		other := v.twin()
		v.visit(func(s *coatcheck.Session) {
			tally.Update(s, func(n int) int { return max(n, 5) })
			other.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
		})
		v.expectTally(5)
	})
}

// set and remove are changes of the string key of that name.
func set(name, value string) func(*coatcheck.Session) {
	return func(s *coatcheck.Session) { coatcheck.NewKey[string](name).Set(s, value) }
}

func remove(name string) func(*coatcheck.Session) {
	return func(s *coatcheck.Session) { coatcheck.NewKey[string](name).Delete(s) }
}

// A session that another process changes without end is given up with an
// error, and the change stays pending: it was not acknowledged.
func TestPromise1EndlessConflictsAreAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the rests between attempts cost no time
		store := watched(t)
		events := new(journal)
		m := manage(t, store, &coatcheck.Options{OnEvent: events.add})
		v := newVisitor(t, m).begin()
		rival := manage(t, store.inner, nil)
		meddle := func(ctx context.Context, _ op, do func() error) error {
			expectNil(t, rival.Update(ctx, v.id(), func(s *coatcheck.Session) error {
				motto.Update(s, func(m string) string { return m + "!" })
				return nil
			}))
			return do()
		}
		v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			store.on(only("Replace", meddle))
			expectError(t, s.Save(t.Context()), coatcheck.ErrConflict)
			expectEqual(t, "pending tally", tally.Get(s), 1)
			store.on(nil)
		})
		v.expectTally(1)
		expectEqual(t, "replays counted", uint64(len(events.of(coatcheck.EventReplayed))), m.Stats().Replayed)
	})
}

// No acknowledged change is lost, although a panic came between: changes that
// were made while another save was under way are worked out on what that saved,
// by the first save that is not stopped.
func TestPromise1UpdateSurvivesAPanicOfItsReplay(t *testing.T) {
	store := watched(t)
	v := newVisitor(t, manage(t, store, nil)).begin()
	elsewhere := v.at(manage(t, store.inner, nil)).twin()
	v.visit(func(s *coatcheck.Session) {
		runs := 0
		store.on(only("Replace", once(func(_ context.Context, _ op, do func() error) error {
			elsewhere.visit(func(s *coatcheck.Session) { tally.Set(s, 100) })
			tally.Update(s, func(n int) int { // in another goroutine of the request
				if runs++; runs == 2 {
					panic("not now")
				}
				return n + 1
			})
			return do()
		})))
		motto.Set(s, "tempus fugit")
		expectNil(t, s.Save(t.Context()))
		func() {
			defer func() { _ = recover() }()
			_ = s.Save(t.Context())
			t.Error("the function did not panic")
		}()
	})
	v.expectTally(101)
}
