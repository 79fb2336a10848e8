package coatcheck_test

import (
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// In a chain, too, the response that brings a rotated token may be lost: the
// next one brings the same.
func TestCookieOfAChainIsRepeated(t *testing.T) {
	c := newCarousel(t, func(o *coatcheck.Options) {
		o.Carrier = coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session"))
	})
	v, old := c.rotated("ada")
	res := old.visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "ada") })
	expectEqual(t, "the cookie of the second response", old.cookie, v.cookie)
	expectEqual(t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
	expectStatus(t, see(v), http.StatusOK)
}
