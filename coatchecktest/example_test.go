package coatchecktest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

var orders = coatcheck.NewKey[int]("orders")

// order is the handler under test.
func order(w http.ResponseWriter, r *http.Request) {
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		coatcheck.Error(w, r, err)
		return
	}
	if s.Owner() == "" {
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	orders.Update(s, func(n int) int { return n + 1 })
	fmt.Fprintln(w, "ordered")
}

// TestOrder tests a handler with a manager of its own, a session that is there
// before the request, and a look at it afterwards.
func TestOrder(t *testing.T) {
	m := coatchecktest.NewManager(t, nil)
	r := httptest.NewRequest("POST", "/order", nil)
	coatchecktest.Login(t, m, r, "user-42", func(s *coatcheck.Session) { orders.Set(s, 3) })

	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(order)).ServeHTTP(w, r)

	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	coatchecktest.Look(t, m, r, func(s *coatcheck.Session) {
		if n := orders.Get(s); n != 4 {
			t.Errorf("%d orders, want 4", n)
		}
	})
}

// A handler is tested with a manager of its own: see TestOrder in this file
// for the whole.
func Example() {
	var t *testing.T // the test's

	test := func() {
		m := coatchecktest.NewManager(t, nil)
		r := httptest.NewRequest("POST", "/order", nil)
		coatchecktest.Login(t, m, r, "user-42", func(s *coatcheck.Session) { orders.Set(s, 3) })
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(order)).ServeHTTP(w, r)
		coatchecktest.Look(t, m, r, func(s *coatcheck.Session) {
			if n := orders.Get(s); n != 4 {
				t.Errorf("%d orders, want 4", n)
			}
		})
	}
	_ = test
}
