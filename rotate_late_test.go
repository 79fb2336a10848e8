package coatcheck_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A response that took its time brings no cookie that another request's login,
// renewal or logout has replaced meanwhile, neither for a request that came by an
// old token nor for one that was rotated in the middle.
func TestRotationLateResponse(t *testing.T) {
	for _, how := range successions {
		t.Run(how.name+" after an old token", func(t *testing.T) {
			c := newCarousel(t)
			v, old := c.rotated("ada")
			res := old.visit(func(*coatcheck.Session) {
				v.visit(func(s *coatcheck.Session) { expectNil(t, how.do(t.Context(), s)) })
			})
			expectNoCookie(t, res)
			v.expectMotto("ada")
		})
		t.Run(how.name+" after a wish that is fulfilled already", func(t *testing.T) {
			c := newCarousel(t)
			v, old := c.rotated("ada")
			res := old.visit(func(s *coatcheck.Session) {
				v.visit(func(s *coatcheck.Session) { expectNil(t, how.do(t.Context(), s)) })
				s.SetPersistent(false)
			})
			expectNoCookie(t, res)
		})
		t.Run(how.name+" after a save", func(t *testing.T) {
			c := newCarousel(t)
			v := c.begin("ada")
			res, now := c.underRotation(v, false, 1, func(_ http.ResponseWriter, s *coatcheck.Session) {
				tally.Update(s, increment)
				expectNil(t, s.Save(t.Context()))
				v.twin().visit(func(s *coatcheck.Session) { expectNil(t, how.do(t.Context(), s)) })
			})
			expectNoCookie(t, res)
			now.expectAnonymous()
		})
	}
	t.Run("another rotation", func(t *testing.T) {
		c := newCarousel(t)
		v, old := c.rotated("ada")
		old.visit(func(s *coatcheck.Session) {
			see(v)
			c.clock.Advance(time.Hour)
			c.rotate(v)
		})
		expectEqual(t, "token", old.token(), v.token())
	})
	t.Run("a store that fails", func(t *testing.T) {
		c := newCarousel(t)
		v, old := c.rotated("ada")
		res := old.visit(func(*coatcheck.Session) {
			c.store.on(only("Load", func(context.Context, op, func() error) error { return errLost }))
		})
		expectStatus(t, res, http.StatusOK)
		expectNoCookie(t, res)
		c.store.on(nil)
		v.expectMotto("ada")
	})
}
