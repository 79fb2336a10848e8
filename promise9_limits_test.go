package coatcheck_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// saves are ways to save a change at once.
var saves = map[string]func(ctx context.Context, s *coatcheck.Session, change func(*coatcheck.Session)) error{
	"Transact": func(ctx context.Context, s *coatcheck.Session, change func(*coatcheck.Session)) error {
		return s.Transact(ctx, func(s *coatcheck.Session) error { change(s); return nil })
	},
	"Renew": func(ctx context.Context, s *coatcheck.Session, change func(*coatcheck.Session)) error {
		change(s)
		return s.Renew(ctx)
	},
}

// small are the limits of these tests. A session with a motto of n bytes and
// nothing else has 12+n bytes.
var small = coatcheck.Options{MaxBytes: 100, MaxKeys: 3}

// fits and bursts are changes at the limits.
var (
	fits = map[string]func(*coatcheck.Session){
		"bytes": func(s *coatcheck.Session) { motto.Set(s, strings.Repeat("x", 88)) },
		"keys":  func(s *coatcheck.Session) { fill(s, 2) },
	}
	bursts = map[string]func(*coatcheck.Session){
		"a value":         func(s *coatcheck.Session) { tally.Set(s, 7); motto.Set(s, strings.Repeat("x", 101)) },
		"the sum":         func(s *coatcheck.Session) { motto.Set(s, strings.Repeat("x", 89)) },
		"an Update":       func(s *coatcheck.Session) { motto.Update(s, func(string) string { return strings.Repeat("x", 89) }) },
		"the keys":        func(s *coatcheck.Session) { tally.Set(s, 7); fill(s, 3) },
		"a name too long": func(s *coatcheck.Session) { coatcheck.NewKey[int](strings.Repeat("k", 100)).Set(s, 7) },
	}
)

// fill sets n keys.
func fill(s *coatcheck.Session, n int) {
	for i := range n {
		coatcheck.NewKey[int](fmt.Sprintf("k%d", i)).Set(s, i)
	}
}

// At the limits a session is kept; over them it is ErrTooLarge, and nothing of
// the change is kept.
func TestPromise9LimitsOfASession(t *testing.T) {
	for how, save := range saves {
		for name, change := range fits {
			t.Run(name+" at the limit, by "+how, func(t *testing.T) {
				v := newVisitor(t, manage(t, shelf(t, nil), &small)).begin()
				expectStatus(t, v.visit(func(s *coatcheck.Session) { expectNil(t, save(t.Context(), s, change)) }), http.StatusOK)
			})
		}
		for name, change := range bursts {
			t.Run(name+" over the limit, by "+how, func(t *testing.T) {
				store := watched(t)
				v := newVisitor(t, manage(t, store, &small)).begin()
				store.on(nil)
				res := v.visit(func(s *coatcheck.Session) {
					expectError(t, save(t.Context(), s, change), coatcheck.ErrTooLarge)
				})
				expectNoCookie(t, res)
				if how != "Transact" { // whose changes are dropped with it
					expectStatus(t, res, http.StatusInternalServerError)
				}
				expectEqual(t, "records created or replaced", store.count("Create")+store.count("Replace"), 0)
				v.expectMotto("")
				v.visit(func(s *coatcheck.Session) { expectEqual(t, "keys", len(s.Keys()), 1) })
			})
		}
	}
}

// A change over a limit that nobody saved by hand costs the response, and a new
// visitor gets no session.
func TestPromise9TooLargeAtTheFirstByte(t *testing.T) {
	for name, change := range bursts {
		t.Run(name, func(t *testing.T) {
			store := watched(t)
			v := newVisitor(t, manage(t, store, &small))
			res := v.serve(func(w http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				expectNil(t, err)
				tally.Set(s, 1)
				change(s)
				_, err = w.Write([]byte("saved!"))
				expectError(t, err, coatcheck.ErrTooLarge)
			})
			expectStatus(t, res, http.StatusInternalServerError)
			expectNoCookie(t, res)
			expectEqual(t, "calls to the store", store.count(""), 0)
		})
	}
}

// A session from before the limits were lowered can be read, logged in and made
// smaller, but not larger.
func TestPromise9ALargeSessionMayShrink(t *testing.T) {
	store := shelf(t, nil)
	page := coatcheck.NewKey[string]("page")
	v := newVisitor(t, manage(t, store, nil))
	v.visit(func(s *coatcheck.Session) {
		fill(s, 9)
		motto.Set(s, "carpe diem")
		page.Set(s, strings.Repeat("x", 90))
	})
	v = v.at(manage(t, store, &small))
	v.expectMotto("")
	for name, change := range map[string]func(*coatcheck.Session){
		"a key more":  func(s *coatcheck.Session) { tally.Set(s, 1); page.Set(s, "") },
		"a byte more": func(s *coatcheck.Session) { page.Set(s, strings.Repeat("x", 91)) },
		"a swap of it": func(s *coatcheck.Session) {
			page.Delete(s)
			page.Update(s, func(string) string { return strings.Repeat("x", 91) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			expectStatus(t, v.visit(change), http.StatusInternalServerError)
			v.visit(func(s *coatcheck.Session) {
				expectEqual(t, "page", page.Get(s), strings.Repeat("x", 90))
				expectEqual(t, "keys", len(s.Keys()), 11)
			})
		})
	}
	v.login("ada").expectMotto("ada")
	for _, change := range []func(*coatcheck.Session){
		func(s *coatcheck.Session) { page.Set(s, strings.Repeat("y", 90)) },
		func(s *coatcheck.Session) { page.Set(s, strings.Repeat("y", 89)) },
		func(s *coatcheck.Session) { page.Delete(s); tally.Set(s, 1) },
	} {
		expectStatus(t, v.visit(change), http.StatusOK)
	}
	v.expectTally(1)
	v.expectMotto("ada")
}
