package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// Promise 9: a request that changes nothing costs no record and no cookie; one
// that never asks for its session costs no store call, whatever it carries.
func TestPromise9NothingBeforeTheFirstWrite(t *testing.T) {
	ctx := t.Context()
	for name, use := range map[string]func(t *testing.T, s *coatcheck.Session){
		"looks at it": func(*testing.T, *coatcheck.Session) {},
		"reads": func(t *testing.T, s *coatcheck.Session) {
			motto.Get(s)
			_, ok, err := tally.Lookup(s)
			expectNil(t, err)
			expectEqual(t, "there", ok, false)
			expectEqual(t, "keys", len(s.Keys()), 0)
			expectEqual(t, "ID", s.ID(), coatcheck.ID{})
			expectEqual(t, "info", s.Info(), coatcheck.Info{})
			expectEqual(t, "token", string(s.Token()), "")
		},
		"saves, touches, renews and destroys nothing": func(t *testing.T, s *coatcheck.Session) {
			expectNil(t, errors.Join(s.Save(ctx), s.Touch(ctx), s.Renew(ctx), s.Destroy(ctx)))
		},
		"clears and deletes nothing": func(_ *testing.T, s *coatcheck.Session) { s.Clear(); motto.Delete(s) },
		"pops nothing":               func(_ *testing.T, s *coatcheck.Session) { motto.Pop(s) },
		"sets and deletes again":     func(_ *testing.T, s *coatcheck.Session) { tally.Set(s, 1); tally.Delete(s) },
		"sets and clears":            func(_ *testing.T, s *coatcheck.Session) { tally.Set(s, 1); s.Clear() },
		"sets and destroys":          func(t *testing.T, s *coatcheck.Session) { tally.Set(s, 1); expectNil(t, s.Destroy(ctx)) },
		"wants to be persistent":     func(_ *testing.T, s *coatcheck.Session) { s.SetPersistent(true) },
		"transacts without a change": func(t *testing.T, s *coatcheck.Session) {
			expectNil(t, s.Transact(ctx, func(*coatcheck.Session) error { return nil }))
		},
		"transacts and changes its mind": func(t *testing.T, s *coatcheck.Session) {
			expectError(t, s.Transact(ctx, func(s *coatcheck.Session) error { tally.Set(s, 1); return errRefused }), errRefused)
		},
	} {
		for _, cookie := range []string{"", "__Host-id=" + madeUp, "__Host-id=nonsense"} {
			t.Run(name+" with "+cookie, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, nil))
				v.cookie = cookie
				for range 100 {
					res := v.visit(func(s *coatcheck.Session) { use(t, s) })
					expectStatus(t, res, http.StatusOK)
					expectNoCookie(t, res)
				}
				loads := 0
				if strings.HasSuffix(cookie, madeUp) {
					loads = 100
				}
				expectEqual(t, "loads", store.count("Load"), loads)
				expectEqual(t, "calls", store.count(""), loads)
			})
		}
	}
	t.Run("a live session that is only read is not written", func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).begin()
		store.on(nil)
		for range 100 {
			expectNoCookie(t, v.visit(func(s *coatcheck.Session) { expectEqual(t, "motto", motto.Get(s), "carpe diem") }))
		}
		expectEqual(t, "calls", store.count(""), 100)
		expectEqual(t, "loads", store.count("Load"), 100)
	})
	t.Run("a request that never asks makes no call", func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil)).begin()
		store.on(nil)
		res := v.serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
		expectStatus(t, res, http.StatusOK)
		expectNoCookie(t, res)
		expectEqual(t, "calls", store.count(""), 0)
	})
}

// Too much of anything is an error, of the whole save: nothing of it is
// stored, and what was there stays.
func TestPromise9CapsHaveNothingHalfSaved(t *testing.T) {
	key := func(n int) coatcheck.Key[string] { return coatcheck.NewKey[string](fmt.Sprintf("k%d", n)) }
	opts := &coatcheck.Options{MaxBytes: 1000, MaxKeys: 8}
	const rest = len(`{"motto":"carpe diem","k0":""}`)
	for _, test := range []struct {
		name   string
		change func(s *coatcheck.Session)
		fits   bool
	}{
		{"8 keys", func(s *coatcheck.Session) {
			for n := range 7 {
				key(n).Set(s, "x")
			}
		}, true},
		{"9 keys", func(s *coatcheck.Session) {
			for n := range 8 {
				key(n).Set(s, "x")
			}
		}, false},
		{"9 keys and one less", func(s *coatcheck.Session) {
			for n := range 8 {
				key(n).Set(s, "x")
			}
			key(3).Delete(s)
		}, true},
		{"1,000 bytes", func(s *coatcheck.Session) { key(0).Set(s, strings.Repeat("x", 1000-rest)) }, true},
		{"1,001 bytes", func(s *coatcheck.Session) { key(0).Set(s, strings.Repeat("x", 1001-rest)) }, false},
		{"one value of 1,001 bytes", func(s *coatcheck.Session) { key(0).Set(s, strings.Repeat("x", 999)) }, false},
		{"1,001 bytes in two keys", func(s *coatcheck.Session) {
			key(0).Set(s, strings.Repeat("x", 500))
			key(1).Set(s, strings.Repeat("x", 500))
		}, false},
		{"an update that grows too large", func(s *coatcheck.Session) {
			key(0).Update(s, func(string) string { return strings.Repeat("x", 2000) })
		}, false},
		{"a long value that is deleted again", func(s *coatcheck.Session) { key(0).Set(s, strings.Repeat("x", 990)); key(0).Delete(s) }, true},
	} {
		for _, how := range []string{"response", "Save", "Login"} {
			t.Run(test.name+" by "+how, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, opts)).begin()
				before, err := store.inner.Load(t.Context(), v.id())
				expectNil(t, err)
				store.on(nil)
				res := v.visit(func(s *coatcheck.Session) {
					test.change(s)
					var err error
					switch how {
					case "response":
						return
					case "Save":
						err = s.Save(t.Context())
					case "Login":
						err = s.Login(t.Context(), "ada")
					}
					if test.fits {
						expectNil(t, err)
						return
					}
					expectError(t, err, coatcheck.ErrTooLarge)
				})
				if test.fits {
					expectStatus(t, res, http.StatusOK)
					return
				}
				expectStatus(t, res, http.StatusInternalServerError)
				expectNoCookie(t, res)
				expectEqual(t, "writes", store.count("Create")+store.count("Replace"), 0)
				after, err := store.inner.Load(t.Context(), v.id())
				expectNil(t, err)
				expectEqual(t, "version", after.Version, before.Version)
			})
		}
	}
}

// What is over a limit already, because the limit was lowered, may shrink and
// be changed, but not grow.
func TestPromise9LoweredCaps(t *testing.T) {
	store := shelf(t, nil)
	v := newVisitor(t, manage(t, store, nil))
	v.visit(func(s *coatcheck.Session) {
		for n := range 20 {
			coatcheck.NewKey[string](fmt.Sprintf("k%d", n)).Set(s, strings.Repeat("x", 100))
		}
	})
	v.m = manage(t, store, &coatcheck.Options{MaxBytes: 1000, MaxKeys: 8})
	k0 := coatcheck.NewKey[string]("k0")
	expectStatus(t, v.visit(func(s *coatcheck.Session) { k0.Set(s, "y") }), http.StatusOK)
	expectStatus(t, v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) }), http.StatusInternalServerError)
	expectStatus(t, v.visit(func(s *coatcheck.Session) { k0.Set(s, strings.Repeat("y", 200)) }), http.StatusInternalServerError)
	v.visit(func(s *coatcheck.Session) { expectEqual(t, "k0", k0.Get(s), "y") })
}

// A store that is full says so: 503, no cookie, nothing stored.
func TestPromise9FullStore(t *testing.T) {
	store := memstore.New(&memstore.Options{MaxSessions: 10})
	defer store.Close()
	m := manage(t, store, nil)
	refused := 0
	for range 30 {
		v := newVisitor(t, m)
		res := v.visit(func(s *coatcheck.Session) {
			tally.Set(s, 1)
			if err := s.Save(t.Context()); err != nil {
				expectError(t, err, coatcheck.ErrFull)
			}
		})
		if res.StatusCode == http.StatusOK {
			continue
		}
		refused++
		expectStatus(t, res, http.StatusServiceUnavailable)
		expectNoCookie(t, res)
	}
	stat, err := store.Stat(context.Background())
	expectNil(t, err)
	if refused == 0 && stat.Evicted == 0 || stat.Records > 10 {
		t.Errorf("%d refused, %d evicted, %d stored of 30 at a limit of 10", refused, stat.Evicted, stat.Records)
	}
}
