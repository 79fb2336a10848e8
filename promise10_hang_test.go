package coatcheck_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// patient is the StoreTimeout of these tests.
const patient = 3 * time.Second

// A stall is an operation on a store that hangs.
type stall struct {
	name  string
	op    func(ctx context.Context, s *coatcheck.Session) error
	begun bool // there is a session already
	calls int  // that time out one after the other, if all hang
}

// stalls are the operations that call the store. Where the first call may have
// had an effect, a second one asks for it.
var stalls = []stall{
	{"birth", func(ctx context.Context, s *coatcheck.Session) error { tally.Set(s, 1); return s.Save(ctx) }, false, 2},
	{"save", func(ctx context.Context, s *coatcheck.Session) error { tally.Set(s, 1); return s.Save(ctx) }, true, 2},
	{"transaction", func(ctx context.Context, s *coatcheck.Session) error {
		return s.Transact(ctx, func(s *coatcheck.Session) error { tally.Set(s, 1); return nil })
	}, true, 2},
	{"first login", func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") }, false, 1},
	{"login", func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") }, true, 1},
	{"renewal", func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) }, true, 2},
	{"touch", func(ctx context.Context, s *coatcheck.Session) error { return s.Touch(ctx) }, true, 1},
	{"end", func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) }, true, 2},
}

// Promise 10: no call to a store that hangs is waited for beyond StoreTimeout,
// whatever was asked of it. It is an error, and nothing has happened to the
// session that its visitor could notice when the store is back.
func TestPromise10HangingStore(t *testing.T) {
	for _, test := range stalls {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, &coatcheck.Options{StoreTimeout: patient}))
				if test.begun {
					v.begin()
				}
				res := v.visit(func(s *coatcheck.Session) {
					time.Sleep(5 * time.Minute) // a touch is due
					store.on(hang)
					begin := time.Now()
					expectError(t, test.op(t.Context(), s), context.DeadlineExceeded)
					expectEqual(t, "time until the error", time.Since(begin), time.Duration(test.calls)*patient)
					store.on(nil)
					s.Clear() // what is pending would be saved now
					motto.Set(s, "carpe diem")
				})
				expectStatus(t, res, http.StatusOK)
				v.expectMotto("")
				v.expectTally(0)
			})
		})
	}
}

// At a load the handler learns it in that time, and without a session. One
// that writes a page or a redirect to the login all the same is answered for.
func TestPromise10HangingLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, &coatcheck.Options{StoreTimeout: patient})).begin()
		store.on(hang)
		begin := time.Now()
		res := v.serve(func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectError(t, err, context.DeadlineExceeded)
			expectEqual(t, "a session", s != nil, false)
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		})
		expectEqual(t, "time until the answer", time.Since(begin), patient)
		expectUnavailable(t, res)
		s, err := v.m.Open(t.Context(), v.token())
		expectError(t, err, context.DeadlineExceeded)
		expectEqual(t, "a session by Open", s != nil, false)
		store.on(nil)
		v.expectMotto("")
	})
}

// expectUnavailable checks that a response is the manager's 503 and nothing of
// the handler's.
func expectUnavailable(t *testing.T, res *http.Response) {
	t.Helper()
	expectStatus(t, res, http.StatusServiceUnavailable)
	expectNoCookie(t, res)
	expectEqual(t, "Location", res.Header.Get("Location"), "")
	expectEqual(t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
}

// A store that is down is a 503 and never an anonymous session, whoever comes
// and whatever the handler makes of it. When it is back, everybody has what
// they had, without a restart.
func TestPromise10StoreIsDown(t *testing.T) {
	store := watched(t)
	m := manage(t, store, nil)
	guest, ada, nobody := newVisitor(t, m).begin(), newVisitor(t, m).begin().login("ada"), newVisitor(t, m)
	answers := map[string]http.HandlerFunc{
		"a page":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("welcome, stranger")) },
		"a 200":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"a redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
		"coatcheck's": func(w http.ResponseWriter, r *http.Request) { coatcheck.Error(w, r, errFrom(r)) },
	}
	for range 2 { // it may go down again
		store.on(notDone)
		for name, answer := range answers {
			for _, v := range []*visitor{guest, ada} {
				res := v.serve(func(w http.ResponseWriter, r *http.Request) {
					s, err := coatcheck.FromContext(r.Context())
					expectError(t, err, errLost)
					expectEqual(t, "a session behind "+name, s != nil, false)
					answer(w, r)
				})
				expectUnavailable(t, res)
			}
		}
		// Who has no cookie can look around, but leave nothing.
		nobody.expectAnonymous()
		expectUnavailable(t, nobody.visit(func(s *coatcheck.Session) { tally.Set(s, 1) }))
		expectUnavailable(t, nobody.serve(func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			expectError(t, s.Login(r.Context(), "ada"), errLost)
			coatcheck.Error(w, r, errLogin(r, s))
		}))
		store.on(nil)
		guest.expectMotto("")
		ada.expectMotto("ada")
	}
	nobody.begin().login("eve").expectMotto("eve")
}

// errFrom is the error that FromContext gives again and again.
func errFrom(r *http.Request) error {
	_, err := coatcheck.FromContext(r.Context())
	return err
}

// errLogin is the error of another try to log in.
func errLogin(r *http.Request, s *coatcheck.Session) error { return s.Login(r.Context(), "ada") }

// A store that goes down between load and save is a 503 too. A failed Destroy
// is an error, and its cookie stays: the session may live on.
func TestPromise10StoreGoesDownInMidRequest(t *testing.T) {
	for name, op := range map[string]func(ctx context.Context, s *coatcheck.Session) error{
		"change":  func(_ context.Context, s *coatcheck.Session) error { tally.Set(s, 1); return nil },
		"update":  func(_ context.Context, s *coatcheck.Session) error { tally.Update(s, increment); return nil },
		"Login":   func(ctx context.Context, s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		"Renew":   func(ctx context.Context, s *coatcheck.Session) error { return s.Renew(ctx) },
		"Destroy": func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, nil)).begin()
			before := v.cookie
			res := v.serve(func(w http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				store.on(notDone)
				if err := op(r.Context(), s); err != nil {
					expectError(t, err, errLost)
					coatcheck.Error(w, r, err)
					return
				}
				_, err = w.Write([]byte("saved!"))
				expectError(t, err, errLost)
			})
			expectUnavailable(t, res)
			expectEqual(t, "cookie", v.cookie, before)
			store.on(nil)
			v.expectMotto("")
			v.expectTally(0)
			expectStatus(t, v.visit(func(s *coatcheck.Session) { tally.Update(s, increment) }), http.StatusOK)
			v.expectTally(1)
		})
	}
}
