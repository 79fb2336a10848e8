package coatcheck_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A client that shows its token by two carriers at once could keep only one of
// them up to date, so nothing rotates under it; and a lost response is made up
// for where there is a chain as with the cookie alone.
func TestRotationInAChain(t *testing.T) {
	newChain := func(t *testing.T) *carousel {
		return newCarousel(t, func(o *coatcheck.Options) {
			o.Carrier = coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session"))
		})
	}
	look := func(s *coatcheck.Session) {
		if s.IsNew() {
			t.Error("the token opens nothing")
		}
	}
	t.Run("both", func(t *testing.T) {
		c := newChain(t)
		v := c.begin("ada")
		both := http.Header{"Cookie": {v.cookie}, "X-Session": {string(v.token())}}
		for range 3 {
			expectNoCookie(t, v.serveWith(both, look))
			c.clock.Advance(time.Hour)
		}
		c.rotate(v)
	})
	t.Run("a lost response", func(t *testing.T) {
		c := newChain(t)
		v, old := c.rotated("ada")
		old.visit(look)
		expectEqual(t, "token", old.token(), v.token())
	})
}
