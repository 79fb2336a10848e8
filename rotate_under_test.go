package coatcheck_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// underRotation serves a request that loads the session before another one
// rotates it, here or in another process, n times, and then runs fn.
func (c *carousel) underRotation(v *visitor, elsewhere bool, n int, fn func(w http.ResponseWriter, s *coatcheck.Session)) (res *http.Response, now *visitor) {
	c.t.Helper()
	now = v.twin()
	if elsewhere {
		now = v.at(c.elsewhere())
	}
	res = v.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(c.t, err)
		for i := range n {
			if i > 0 {
				see(now)
				c.clock.Advance(time.Hour)
			}
			c.rotate(now)
		}
		fn(w, s)
	})
	return res, now
}

// Requests that loaded the session before it was rotated lose nothing: what
// they save goes where it is now, and their responses bring the same token.
func TestRotationUnderARequest(t *testing.T) {
	type how struct {
		name string
		do   func(ctx context.Context, w http.ResponseWriter, s *coatcheck.Session) error
	}
	for _, h := range []how{
		{"with the response", func(_ context.Context, _ http.ResponseWriter, s *coatcheck.Session) error {
			tally.Update(s, increment)
			return nil
		}},
		{"Save", func(ctx context.Context, _ http.ResponseWriter, s *coatcheck.Session) error {
			tally.Update(s, increment)
			return s.Save(ctx)
		}},
		{"Transact", func(ctx context.Context, _ http.ResponseWriter, s *coatcheck.Session) error {
			return s.Transact(ctx, func(in *coatcheck.Session) error { tally.Update(in, increment); return nil })
		}},
		{"SetPersistent", func(ctx context.Context, _ http.ResponseWriter, s *coatcheck.Session) error {
			tally.Update(s, increment)
			s.SetPersistent(true)
			return s.Save(ctx)
		}},
		{"behind the headers", func(_ context.Context, w http.ResponseWriter, s *coatcheck.Session) error {
			w.WriteHeader(http.StatusOK)
			tally.Update(s, increment)
			return nil
		}},
		{"Renew", func(ctx context.Context, _ http.ResponseWriter, s *coatcheck.Session) error {
			tally.Update(s, increment)
			return s.Renew(ctx)
		}},
		{"Login", func(ctx context.Context, _ http.ResponseWriter, s *coatcheck.Session) error {
			tally.Update(s, increment)
			return s.Login(ctx, "ada")
		}},
	} {
		for _, elsewhere := range []bool{false, true} {
			for _, times := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s, elsewhere %t, %d times", h.name, elsewhere, times), func(t *testing.T) {
					c := newCarousel(t)
					v := c.begin("ada")
					old := v.twin()
					res, now := c.underRotation(v, elsewhere, times, func(w http.ResponseWriter, s *coatcheck.Session) {
						tally.Update(s, increment)
						expectNil(t, h.do(t.Context(), w, s))
					})
					expectStatus(t, res, http.StatusOK)
					ended := h.name == "Renew" || h.name == "Login"
					switch {
					case h.name == "behind the headers":
						// The first change is why it had brought the token already.
						expectEqual(t, "Set-Cookie lines", len(res.Header["Set-Cookie"]), 1)
						fallthrough
					case !ended:
						expectEqual(t, "token of the response", v.token(), now.token())
					default:
						now.expectAnonymous()
						e := c.events.of(0)
						expectEqual(t, "the ID that ended", e[len(e)-2].Old, now.id()) // the last one tells of our look at it
					}
					v.expectMotto("ada")
					v.expectTally(2)
					if times == 1 && !ended {
						old.expectTally(2)
					}
					if h.name == "SetPersistent" {
						expectEqual(t, "max age", res.Cookies()[0].MaxAge > 0, true)
					}
					expectEqual(t, "sessions", c.sessions(), 1)
				})
			}
		}
	}
}

// The end of a session reaches it by what a request knew before.
func TestRotationUnderAnEnd(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		for _, times := range []int{1, 3} {
			t.Run(fmt.Sprintf("elsewhere %t, %d times", elsewhere, times), func(t *testing.T) {
				c := newCarousel(t)
				v := c.begin("ada")
				res, now := c.underRotation(v, elsewhere, times, func(_ http.ResponseWriter, s *coatcheck.Session) {
					expectNil(t, s.Destroy(t.Context()))
				})
				expectEqual(t, "the cookie is cleared", res.Cookies()[0].MaxAge < 0, true)
				now.expectAnonymous()
				expectEqual(t, "sessions", c.sessions(), 0)
			})
		}
	}
}

// IDs from before a rotation still name the session to the manager.
func TestRotationOldIDs(t *testing.T) {
	for _, times := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d times", times), func(t *testing.T) {
			c := newCarousel(t)
			v := c.begin("ada")
			id := v.id()
			for range times {
				c.rotate(v)
				see(v)
				c.clock.Advance(time.Hour)
			}
			expectNil(t, c.m.Update(t.Context(), id, func(s *coatcheck.Session) error {
				tally.Update(s, increment)
				expectEqual(t, "ID", s.ID(), v.id())
				return nil
			}))
			v.expectTally(1)
			other := newVisitor(t, c.m).login("ada")
			n, err := c.m.DestroyOwner(t.Context(), "ada", id)
			expectNil(t, err)
			expectEqual(t, "destroyed", n, 1)
			other.expectAnonymous()
			v.expectMotto("ada")
			expectNil(t, c.m.Destroy(t.Context(), id))
			v.expectAnonymous()
			expectError(t, c.m.Update(t.Context(), id, nil), coatcheck.ErrNotFound)
			expectNil(t, c.m.Destroy(t.Context(), id))
		})
	}
}

// A stream that does nothing but Touch keeps the session alive, wherever that
// has gone.
func TestRotationUnderAStream(t *testing.T) {
	for _, touch := range []bool{true, false} {
		t.Run(fmt.Sprint("touch ", touch), func(t *testing.T) {
			c := newCarousel(t)
			v := c.begin("ada")
			res, now := c.underRotation(v, true, 1, func(w http.ResponseWriter, s *coatcheck.Session) {
				w.WriteHeader(http.StatusOK)
				for range 10 {
					c.clock.Advance(time.Hour)
					if touch {
						expectNil(t, s.Touch(t.Context()))
					}
				}
			})
			expectStatus(t, res, http.StatusOK)
			if touch {
				now.expectMotto("ada")
			} else {
				now.expectAnonymous()
			}
		})
	}
}

// Lists show a session once, under its present ID, and never what leads to it or
// what a crash has left.
func TestRotationInLists(t *testing.T) {
	c := newCarousel(t)
	v, _ := c.rotated("ada")
	for _, seen := range []bool{false, true} {
		if seen {
			see(v)
		}
		for info, err := range c.m.Sessions(t.Context(), "ada") {
			expectNil(t, err)
			expectEqual(t, "ID", info.ID, v.id())
		}
		expectEqual(t, "sessions", c.sessions(), 1)
	}
	recs, _, err := c.store.List(t.Context(), "", 10)
	expectNil(t, err)
	for _, rec := range recs {
		_, err := rec.Info()
		if rec.ID == v.id() {
			expectNil(t, err)
			continue
		}
		expectError(t, err, coatcheck.ErrNotFound)
		expectEqual(t, "data of an alias", len(rec.Data), 0)
		expectEqual(t, "owner of an alias", rec.Owner, "")
		expectEqual(t, "guest", rec.AuthTime.IsZero(), false)
	}

	stray := c.begin("bob")
	attempt(t, func() {
		c.store.on(only("Replace", func(context.Context, op, func() error) error { panic(errCrash) }))
		see(stray)
	})
	c.store.on(nil)
	expectEqual(t, "records", c.records(), 4)
	expectEqual(t, "sessions", c.sessions(), 2)
	for info, err := range c.m.Sessions(t.Context(), "bob") {
		expectNil(t, err)
		expectEqual(t, "ID", info.ID, stray.id())
	}
	n, err := c.m.DestroyOwner(t.Context(), "bob")
	expectNil(t, err)
	expectEqual(t, "destroyed", n, 1)
	stray.expectAnonymous()
	n, err = c.m.DestroyOwner(t.Context(), "ada")
	expectNil(t, err)
	expectEqual(t, "destroyed", n, 1)
}
