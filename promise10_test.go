package coatcheck_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Promise 10: a store that is down is an error, and never a silent anonymous
// session: the visitor gets a 503 and keeps the cookie, and no byte of the
// handler's.
func TestPromise10AStoreThatIsDownIsAnError(t *testing.T) {
	page := func(t *testing.T, change func(s *coatcheck.Session) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err == nil { // else it goes on all the same: a careless handler
				if err := change(s); err != nil {
					coatcheck.Error(w, r, err)
					return
				}
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("ETag", `"secret"`)
			if n, err := w.Write([]byte("the secret page")); n != 0 || err == nil {
				t.Errorf("Write returned %d, %v", n, err)
			}
		}
	}
	for name, fails := range map[string]struct {
		method string
		change func(s *coatcheck.Session) error
	}{
		"at the load":                   {"Load", func(*coatcheck.Session) error { return nil }},
		"at the load ahead of a change": {"Load", func(s *coatcheck.Session) error { t.Error("the handler has a session"); return nil }},
		"at the save":                   {"Replace", func(s *coatcheck.Session) error { tally.Set(s, 1); return nil }},
		"at the save of an update":      {"Replace", func(s *coatcheck.Session) error { tally.Update(s, increment); return nil }},
		"at Save":                       {"Replace", func(s *coatcheck.Session) error { tally.Set(s, 1); return s.Save(t.Context()) }},
		"at Transact":                   {"Replace", func(s *coatcheck.Session) error { tally.Set(s, 1); return increase(t.Context(), s) }},
		"at SetPersistent":              {"Replace", func(s *coatcheck.Session) error { s.SetPersistent(true); return nil }},
	} {
		for kind, h := range map[string]hook{"refuses": notDone, "hangs": hang} {
			t.Run(name+", the store "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := watched(t)
					v := newVisitor(t, manage(t, store, nil)).begin()
					store.on(only(fails.method, h))
					if fails.method == "Replace" {
						store.on(func(ctx context.Context, o op, do func() error) error {
							if o.name == "Replace" || o.n > 0 { // and nobody answers questions either
								return h(ctx, o, do)
							}
							return do()
						})
					}
					start := time.Now()
					res := v.serve(page(t, fails.change))
					if d := time.Since(start); d > 5*time.Second {
						t.Errorf("took %v", d)
					}
					v.expectRefusal(res)
					store.on(nil)
					v.expectMotto("")
				})
			})
		}
	}
	t.Run("at the birth", func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, nil))
		store.on(only("Create", notDone))
		v.expectRefusal(v.serve(page(t, func(s *coatcheck.Session) error { tally.Set(s, 1); return nil })))
		expectEqual(t, "records", stored(t, store.inner), 0)
	})
}

// expectRefusal checks the answer to a request whose session could not be
// loaded or saved.
func (v *visitor) expectRefusal(res *http.Response) {
	v.t.Helper()
	expectStatus(v.t, res, http.StatusServiceUnavailable)
	expectNoCookie(v.t, res)
	body := new(strings.Builder)
	if err := res.Write(body); err != nil {
		v.t.Fatal(err)
	}
	if strings.Contains(body.String(), "secret") {
		v.t.Errorf("the answer has something of the handler's:\n%s", body)
	}
	expectEqual(v.t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
}

// A store that hangs is an error within StoreTimeout, whatever asks it.
func TestPromise10WithinTheTimeout(t *testing.T) {
	ctx := t.Context()
	for _, timeout := range []time.Duration{0, 50 * time.Millisecond, 30 * time.Second} {
		want := timeout
		if want == 0 {
			want = 2 * time.Second
		}
		for name, ask := range map[string]func(m *coatcheck.Manager, token coatcheck.Token) error{
			"Open":    func(m *coatcheck.Manager, token coatcheck.Token) error { _, err := m.Open(ctx, token); return err },
			"Update":  func(m *coatcheck.Manager, token coatcheck.Token) error { return m.Update(ctx, m.ID(token), nil) },
			"Destroy": func(m *coatcheck.Manager, token coatcheck.Token) error { return m.Destroy(ctx, m.ID(token)) },
			"Sweep":   func(m *coatcheck.Manager, _ coatcheck.Token) error { _, err := m.Sweep(ctx); return err },
			"All": func(m *coatcheck.Manager, _ coatcheck.Token) (err error) {
				for _, err = range m.All(ctx) {
					break
				}
				return err
			},
			"Sessions": func(m *coatcheck.Manager, _ coatcheck.Token) (err error) {
				for _, err = range m.Sessions(ctx, "ada") {
					break
				}
				return err
			},
			"DestroyOwner": func(m *coatcheck.Manager, _ coatcheck.Token) error { _, err := m.DestroyOwner(ctx, "ada"); return err },
		} {
			t.Run(name+" "+timeout.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := watched(t)
					m := manage(t, store, &coatcheck.Options{StoreTimeout: timeout})
					v := newVisitor(t, m).begin()
					store.on(hang)
					start := time.Now()
					expectError(t, ask(m, v.token()), context.DeadlineExceeded)
					expectEqual(t, "time it took", time.Since(start), want)
				})
			})
		}
	}
}

// A birth that does not succeed leaves the session as it was: the next attempt
// may succeed.
func TestPromise10TheNextAttemptMaySucceed(t *testing.T) {
	store := watched(t)
	m := manage(t, store, nil)
	for _, begin := range []func() *visitor{
		func() *visitor { return newVisitor(t, m) },
		func() *visitor {
			v := newVisitor(t, m)
			v.visit(func(s *coatcheck.Session) { motto.Set(s, "x") })
			return v
		},
	} {
		v := begin()
		res := v.visit(func(s *coatcheck.Session) {
			tally.Update(s, increment)
			store.on(func(_ context.Context, o op, do func() error) error {
				if o.name == "Create" || o.name == "Replace" {
					return errors.Join(coatcheck.ErrFull, errLost)
				}
				return do()
			})
			expectError(t, s.Save(t.Context()), coatcheck.ErrFull)
			expectError(t, s.Login(t.Context(), "ada"), coatcheck.ErrFull)
			expectError(t, increase(t.Context(), s), coatcheck.ErrFull)
			store.on(nil)
			expectEqual(t, "tally", tally.Get(s), 1)
			expectNil(t, s.Save(t.Context()))
		})
		expectStatus(t, res, http.StatusOK)
		v.expectTally(1)
	}
}

// A manager that is closed says so.
func TestPromise10AClosedManager(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	v := newVisitor(t, m).begin()
	var served *http.Response
	v.visit(func(s *coatcheck.Session) {
		expectNil(t, m.Close())
		tally.Set(s, 1)
		expectNil(t, s.Save(t.Context())) // under way: served to its end
		served = v.twin().serve(func(_ http.ResponseWriter, r *http.Request) {
			_, err := coatcheck.FromContext(r.Context())
			expectError(t, err, coatcheck.ErrClosed)
		})
	})
	expectStatus(t, served, http.StatusServiceUnavailable)
	_, err := m.Open(t.Context(), v.token())
	expectError(t, err, coatcheck.ErrClosed)
	expectError(t, m.Update(t.Context(), v.id(), nil), coatcheck.ErrClosed)
	expectError(t, m.Destroy(t.Context(), v.id()), coatcheck.ErrClosed)
	_, err = m.DestroyOwner(t.Context(), "ada")
	expectError(t, err, coatcheck.ErrClosed)
	for _, err := range m.All(t.Context()) {
		expectError(t, err, coatcheck.ErrClosed)
	}
	for _, err := range m.Sessions(t.Context(), "ada") {
		expectError(t, err, coatcheck.ErrClosed)
	}
}
