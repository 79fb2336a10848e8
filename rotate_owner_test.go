package coatcheck_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A rotation at any call of a login that ends the owner's oldest session changes
// nothing about which ends: the oldest does not escape by it, and no other is
// counted twice.
func TestRotationUnderACap(t *testing.T) {
	for _, who := range []int{0, 1} {
		t.Run(fmt.Sprint("session ", who), func(t *testing.T) {
			for try := range 6 { // the order of IDs is chance
				for n, ran := 0, true; ran; n++ {
					c := newCarousel(t, func(o *coatcheck.Options) { o.MaxSessionsPerOwner = 2 })
					c.store.page, c.store.newestFirst = 1+try%2, try >= 3
					all := []*visitor{newVisitor(t, c.m).begin().login("ada"), nil, nil}
					c.clock.Advance(time.Second)
					all[1] = newVisitor(t, c.m).begin().login("ada")
					c.clock.Advance(time.Hour)
					all[2] = newVisitor(t, c.m).begin()
					other := all[who].at(c.elsewhere())
					calls := 0
					ran = false
					c.store.on(func(_ context.Context, _ op, do func() error) error {
						if calls++; calls == n+1 {
							ran = true
							other.visit(func(*coatcheck.Session) {})
						}
						return do()
					})
					all[2].login("ada")
					c.store.on(nil)
					other.at(c.m).expectMottoIf(who == 1)
					all[0].expectMottoIf(false)
					all[1].expectMottoIf(true)
					all[2].expectMottoIf(true)
					expectEqual(t, "sessions", c.sessions(), 2)
				}
			}
		})
	}
}

// expectMottoIf checks that the cookie opens ada's session, or nothing.
func (v *visitor) expectMottoIf(lives bool) {
	v.t.Helper()
	if lives {
		v.expectMotto("ada")
		return
	}
	v.expectAnonymous()
}

// A session that is rotated while it is listed is listed once.
func TestRotationUnderAList(t *testing.T) {
	for range 10 { // the order of IDs is chance
		c := newCarousel(t)
		c.store.page = 1
		v, n := c.begin("ada"), 0
		id := v.id()
		newVisitor(t, c.m).login("ada")
		for info, err := range c.m.Sessions(t.Context(), "ada") {
			expectNil(t, err)
			if n++; info.ID == id {
				c.rotate(v)
			}
		}
		expectEqual(t, "sessions", n, 2)
	}
}

// To end oneself among the others is refused, under the ID that a rotation in the
// middle of the request has brought, too.
func TestRotationIsNoOther(t *testing.T) {
	c := newCarousel(t)
	v := c.begin("ada")
	_, now := c.underRotation(v, false, 1, func(_ http.ResponseWriter, s *coatcheck.Session) {
		for info, err := range c.m.Sessions(t.Context(), "ada") {
			expectNil(t, err)
			expectError(t, s.DestroyOther(t.Context(), info.ID), coatcheck.ErrInvalid)
		}
		expectError(t, s.DestroyOther(t.Context(), s.ID()), coatcheck.ErrInvalid)
	})
	now.expectMotto("ada")
}
