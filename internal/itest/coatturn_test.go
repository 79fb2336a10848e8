package itest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// TestRotatedSessionsAreLinearizable: nobody but whoever looks at the token
// notices that sessions are rotated, in whatever weather. A token and those that
// rotations put in its place count as one: it works as long as one of them may.
func TestRotatedSessionsAreLinearizable(t *testing.T) {
	for _, target := range targets {
		if !torture() && !slices.Contains([]string{"memstore", "hashstore", "sqlite", "redis"}, target.name) {
			continue
		}
		t.Run(target.name, func(t *testing.T) {
			model := coatModel()
			sum, turns := newTally(t, target.name), uint64(0)
			for goal := target.scale(1_500, 30_000); sum.operations < goal || sum.histories < len(weathers); {
				weather := weathers[sum.histories%3]
				h, n := turningHistory(t, target, weather, time.Minute, t.Errorf)
				requireLinear(t, model, h)
				sum.add(h, weather, model)
				turns += n
			}
			t.Logf("%s: %d operations in %d histories, all linearizable, with %d rotations", target.name, sum.operations, sum.histories, turns)
			if turns == 0 {
				t.Error("no session was rotated")
			}
		})
	}
}

// visit does what a client does with an open session, in a request of the
// browser that has the token. What failed is not tried again with the response.
func (c *coatClient) visit(ctx context.Context, m *coatcheck.Manager, coat *coat, o *coatOp, token coatcheck.Token) (err error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-id", Value: string(token)})
	w := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var s *coatcheck.Session
		if s, err = coatcheck.FromContext(r.Context()); err == nil && s.IsNew() {
			o.end = endDead
		} else if err == nil {
			give()
			err = c.with(r.Context(), s, coat, o)
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	})).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		c.room.report("%v: status %d", o, w.Code)
	}
	if o.end == endOK && !o.renews() {
		for _, cookie := range w.Result().Cookies() {
			if cookie.MaxAge >= 0 {
				coat.turn(o.token, coatcheck.Token(cookie.Value))
			}
		}
	}
	return nil
}

// turn puts what followed token n by a rotation in its place.
func (c *coat) turn(n int, next coatcheck.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[n] = next
}
