package coatcheck_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A session that has its token for long enough gets another, and is otherwise
// as it was.
func TestRotation(t *testing.T) {
	for _, owner := range []string{"", "ada"} {
		for _, change := range []bool{false, true} {
			t.Run(fmt.Sprintf("owner %q, with a change %t", owner, change), func(t *testing.T) {
				c := newCarousel(t)
				v := newVisitor(t, c.m).begin()
				if owner != "" {
					v.login(owner)
				}
				c.clock.Advance(time.Hour - time.Millisecond)
				expectNoCookie(t, see(v))
				c.clock.Advance(time.Millisecond)
				old := v.twin()
				c.events.clear()
				var before, after coatcheck.Info
				res := v.serve(func(w http.ResponseWriter, r *http.Request) {
					s, err := coatcheck.FromContext(r.Context())
					expectNil(t, err)
					before = s.Info()
					if change {
						tally.Update(s, increment)
					}
					w.WriteHeader(http.StatusNoContent)
					after = s.Info()
					expectEqual(t, "the ID is the token's", c.m.ID(s.Token()), s.ID())
				})
				expectStatus(t, res, http.StatusNoContent)
				expectEqual(t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
				expectEqual(t, "Set-Cookie lines", len(res.Header["Set-Cookie"]), 1)
				expectEqual(t, "the browser's session is the request's", v.id(), after.ID)
				if _, err := coatcheck.ParseToken(string(v.token())); err != nil || v.cookie == old.cookie {
					t.Errorf("the next token: %v", err)
				}
				expectEqual(t, "the ID before", before.ID, old.id())
				if before.ID, before.Expires, before.LastSeen, before.Bytes = after.ID, after.Expires, after.LastSeen, after.Bytes; before != after {
					t.Errorf("the session was\n%+v, is\n%+v", before, after)
				}
				c.expectKinds(coatcheck.EventRotated)
				e := c.events.of(coatcheck.EventRotated)[0]
				expectEqual(t, "event", fmt.Sprint(e.ID, e.Old, e.Owner), fmt.Sprint(v.id(), old.id(), owner))
				expectEqual(t, "sessions", c.sessions(), 1)
				expectEqual(t, "records", c.records(), 2)
				for _, each := range []*visitor{old, v} {
					each.expectMotto(owner)
					if change {
						each.expectTally(1)
					}
				}
				expectNoCookie(t, see(v))
				c.clock.Advance(time.Hour)
				c.rotate(v)
				v.expectMotto(owner)
			})
		}
	}
}

// What a response cannot bring, or nobody asked for, is left for the next one.
func TestRotationWaits(t *testing.T) {
	open := func(r *http.Request) {
		_, _ = coatcheck.FromContext(r.Context())
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a request that does not ask": func(http.ResponseWriter, *http.Request) {},
		"headers that have left": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			open(r)
		},
		"a response for shared caches": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "Public, max-age=60")
			open(r)
		},
		"a response that caches may keep": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			open(r)
		},
		"a response for a shared cache that is asked apart": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("CDN-Cache-Control", "max-age=600")
			open(r)
		},
		"a response for an older shared cache": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "private")
			w.Header().Set("Surrogate-Control", "max-age=600")
			open(r)
		},
		"a response for a proxy to keep": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Accel-Expires", "600")
			open(r)
		},
		"a failure": func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err == nil {
				coatcheck.NewKey[func()]("no value").Set(s, nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCarousel(t)
			v := c.begin("ada")
			expectNoCookie(t, v.serve(handler))
			c.rotate(v)
		})
	}
	for _, control := range []string{"private, max-age=60", "no-store", "no-cache", "max-age=0"} {
		t.Run("not for "+control, func(t *testing.T) {
			c := newCarousel(t)
			v := c.begin("ada")
			old := v.cookie
			v.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", control)
				open(r)
			})
			if v.cookie == old {
				t.Error("the session was not rotated")
			}
		})
	}
	t.Run("outside HTTP", func(t *testing.T) {
		c := newCarousel(t)
		v := c.begin("ada")
		s, err := c.m.Open(t.Context(), v.token())
		expectNil(t, err)
		tally.Update(s, increment)
		expectNil(t, s.Save(t.Context()))
		expectEqual(t, "token", s.Token(), v.token())
		expectNil(t, c.m.Update(t.Context(), v.id(), func(s *coatcheck.Session) error { tally.Update(s, increment); return nil }))
		c.rotate(v)
		v.expectTally(2)
	})
	t.Run("when it is off", func(t *testing.T) {
		c := newCarousel(t, func(o *coatcheck.Options) { o.RotateEvery = 0 })
		v := c.begin("ada")
		expectNoCookie(t, see(v))
	})
	t.Run("when nobody knows of the login", func(t *testing.T) {
		c := newCarousel(t)
		v := &visitor{t, c.m, "__Host-id=" + fuzzToken}
		rec, err := c.m.NewRecord(v.token(), "ada", []byte(`{"motto":"carpe diem"}`), c.clock.Now().Add(3*time.Hour))
		expectNil(t, err)
		expectNil(t, c.store.Create(t.Context(), rec))
		c.clock.Advance(time.Hour)
		expectNoCookie(t, see(v))
	})
}

// A renewal and a login begin the hour anew, and end every token before at
// once.
func TestRotationGivesNoGraceAtRenewals(t *testing.T) {
	for _, how := range append(successions, struct {
		name  string
		owner string
		do    func(context.Context, *coatcheck.Session) error
	}{"Destroy", "", func(ctx context.Context, s *coatcheck.Session) error { return s.Destroy(ctx) }}) {
		for _, seen := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, new token seen %t", how.name, seen), func(t *testing.T) {
				c := newCarousel(t)
				v, old := c.rotated("")
				if seen {
					see(v)
				}
				middle := v.twin()
				actor := v
				if !seen {
					actor = old.twin()
				}
				actor.visit(func(s *coatcheck.Session) { expectNil(t, how.do(t.Context(), s)) })
				old.expectAnonymous()
				middle.expectAnonymous()
				for _, each := range []*visitor{old, middle} {
					res := each.twin().visit(func(s *coatcheck.Session) { _ = s.Err() })
					expectNoCookie(t, res)
				}
				if how.name == "Destroy" {
					expectEqual(t, "sessions", c.sessions(), 0)
					expectEqual(t, "cookie", actor.cookie, "")
					return
				}
				c.clock.Advance(time.Hour - time.Millisecond)
				expectNoCookie(t, see(actor))
				c.clock.Advance(time.Millisecond)
				c.rotate(actor)
				actor.expectMotto(how.owner)
			})
		}
	}
}

// A response that was lost: the old token goes on, whatever the browser does
// with it, and each response brings the new one again.
func TestRotationLostResponses(t *testing.T) {
	c := newCarousel(t)
	v, old := c.rotated("ada")
	for range 60 { // longer than an alias would last by itself
		c.clock.Advance(time.Hour)
		again := old.twin()
		expectStatus(t, again.visit(func(s *coatcheck.Session) {
			expectEqual(t, "ID", s.ID(), v.id())
			tally.Update(s, increment)
		}), http.StatusOK)
		expectEqual(t, "token that is set again", again.token(), v.token())
	}
	v.expectTally(60)
	expectEqual(t, "records", c.records(), 2)
	c.expectKinds(coatcheck.EventRotated)
}

// The grace of an old token begins when the new one is first shown, by a request
// that may change something or not, and lasts 30 seconds.
func TestRotationGrace(t *testing.T) {
	for _, change := range []bool{false, true} {
		t.Run(fmt.Sprintf("shown with a change %t", change), func(t *testing.T) {
			c := newCarousel(t)
			v, old := c.rotated("ada")
			c.clock.Advance(time.Hour) // nobody saw it
			old.expectMotto("ada")
			v.visit(func(s *coatcheck.Session) {
				if change {
					tally.Update(s, increment)
				}
			})
			c.clock.Advance(graceLife - time.Millisecond)
			old.expectMotto("ada")
			expectEqual(t, "set again", func() string { o := old.twin(); see(o); return o.cookie }(), v.cookie)
			c.events.clear()
			c.clock.Advance(time.Millisecond)
			old.expectAnonymous()
			c.expectKinds(coatcheck.EventReused)
			e := c.events.of(coatcheck.EventReused)[0]
			expectEqual(t, "event", fmt.Sprint(e.ID, e.Old, e.Owner), fmt.Sprint(v.id(), old.id(), "ada"))
			expectEqual(t, "counter", c.m.Stats().Reused, 1)

			// A request of the session's own may be late: it must not take the
			// cookie away. Later the visitor may begin anew.
			late := old.twin()
			res := late.visit(func(s *coatcheck.Session) { tally.Set(s, 666) })
			expectStatus(t, res, http.StatusConflict)
			expectNoCookie(t, res)
			c.clock.Advance(stubLife - graceLife)
			expectStatus(t, late.visit(func(s *coatcheck.Session) { tally.Set(s, 666) }), http.StatusOK)
			if late.cookie == old.cookie || late.cookie == v.cookie {
				t.Error("the visitor got no session of its own")
			}
			v.expectMotto("ada")
			c.clock.Advance(time.Hour)
			c.rotate(v)
			c.clock.Advance(2 * time.Hour)
			c.events.clear()
			old.expectAnonymous()
			c.expectKinds(coatcheck.EventReused) // as long as the alias is there
		})
	}
}

// With EndReused the whole family ends.
func TestRotationEndReused(t *testing.T) {
	c := newCarousel(t, func(o *coatcheck.Options) { o.EndReused = true })
	v, first := c.rotated("ada")
	see(v)
	c.clock.Advance(time.Hour)
	second := c.rotate(v)
	see(v)
	bob := newVisitor(t, c.m).login("bob")
	c.clock.Advance(graceLife - time.Millisecond)
	second.expectMotto("ada")
	c.clock.Advance(time.Millisecond)
	c.events.clear()
	first.expectAnonymous()
	c.expectKinds(coatcheck.EventReused, coatcheck.EventDestroyed)
	e := c.events.of(coatcheck.EventDestroyed)[0]
	expectEqual(t, "event", fmt.Sprint(e.ID, e.Owner), fmt.Sprint(v.id(), "ada"))
	for _, each := range []*visitor{first, second, v} {
		each.expectAnonymous()
	}
	expectEqual(t, "sessions", c.sessions(), 1)
	bob.twin().visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "bob") })
	c.events.clear()
	first.expectAnonymous()
	c.expectKinds(coatcheck.EventRejected)
}

// A store that fails when the family should end leaves the alias, so that the
// next use of the token tries again.
func TestRotationEndReusedTriesAgain(t *testing.T) {
	for _, method := range []string{"Replace", "Load"} {
		t.Run(method, func(t *testing.T) {
			c := newCarousel(t, func(o *coatcheck.Options) { o.EndReused = true })
			v, old := c.rotated("ada")
			see(v)
			c.clock.Advance(graceLife)
			calls := 0
			c.store.on(only(method, func(_ context.Context, _ op, do func() error) error {
				if calls++; method == "Load" && calls <= 2 { // those of the visit
					return do()
				}
				return errLost
			}))
			old.expectAnonymous()
			c.store.on(nil)
			v.expectMotto("ada")
			old.expectAnonymous()
			v.expectAnonymous()
		})
	}
}

// A browser that sends its old token beside the new one, since the cookie's path
// was changed, is served, and its session is not ended for it.
func TestRotationTwoCookies(t *testing.T) {
	c := newCarousel(t, func(o *coatcheck.Options) { o.EndReused, o.InsecureCookie = true, true })
	v, old := c.rotated("ada")
	for _, cookie := range []string{old.cookie + "; " + v.cookie, v.cookie + "; " + old.cookie} {
		both := &visitor{t, c.m, cookie}
		both.expectMotto("ada")
		c.clock.Advance(graceLife)
		both.expectMotto("ada")
		v.expectMotto("ada")
	}
}

// What is set wrong is refused.
func TestRotationOptions(t *testing.T) {
	for every, ok := range map[time.Duration]bool{time.Minute: true, time.Minute - 1: false, -1: false, 1000 * time.Hour: true} {
		_, err := coatcheck.New(shelf(t, nil), &coatcheck.Options{RotateEvery: every, SweepInterval: coatcheck.NoSweep})
		if ok != (err == nil) || !ok && !strings.Contains(err.Error(), "Options.RotateEvery") {
			t.Errorf("%v: %v", every, err)
		}
	}
	_, err := coatcheck.New(newDrawer(t), &coatcheck.Options{RotateEvery: time.Hour})
	expectError(t, err, coatcheck.ErrInvalid)
	if err != nil && !strings.Contains(err.Error(), "Options.RotateEvery") {
		t.Errorf("sealed: %v", err)
	}
}

// The old token lives for 30 seconds more, also if its successor was first
// shown to a process whose clock is late: nothing is shown before it is made.
func TestRotationGraceUnderALateClock(t *testing.T) {
	c := newCarousel(t, func(o *coatcheck.Options) { o.EndReused = true })
	v, old := c.rotated("ada")
	late := c.opts
	late.Now = func() time.Time { return c.clock.Now().Add(-4 * time.Minute) }
	see(v.at(manage(t, c.store.inner, &late)))
	c.clock.Advance(graceLife - time.Millisecond)
	see(old.twin())
	c.clock.Advance(time.Millisecond)
	old.expectAnonymous()
	expectEqual(t, "reused", len(c.events.of(coatcheck.EventReused)), 1)
}
