package coatcheck_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// limits are the timeouts of these tests: a pair for those who logged in, and
// one for the others.
func limits(now func() time.Time) *coatcheck.Options {
	return &coatcheck.Options{
		IdleTimeout: 10 * time.Minute, AbsoluteTimeout: time.Hour,
		AnonymousIdleTimeout: 4 * time.Minute, AnonymousAbsoluteTimeout: 20 * time.Minute,
		Now: now,
	}
}

// Promise 4: no expired session is served, to the nanosecond, whatever the
// store believes: one has the same clock, the other's stands still, as if its
// backend had no time to live.
func TestPromise4NoExpiredSessionIsServed(t *testing.T) {
	for _, limit := range []struct {
		name           string
		owner          string
		idle, absolute time.Duration
		used           bool // all the time, so that only the absolute limit ends it
	}{
		{"anonymous, idle", "", 4 * time.Minute, 20 * time.Minute, false},
		{"anonymous, absolute", "", 4 * time.Minute, 20 * time.Minute, true},
		{"logged in, idle", "ada", 10 * time.Minute, time.Hour, false},
		{"logged in, absolute", "ada", 10 * time.Minute, time.Hour, true},
	} {
		for _, late := range []time.Duration{-1, 0, 1} {
			for _, store := range []string{"with the same clock", "without a clock"} {
				t.Run(fmt.Sprintf("%s, %d ns behind the deadline, a store %s", limit.name, late, store), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						now := time.Now
						if store == "without a clock" {
							start := time.Now()
							now = func() time.Time { return start }
						}
						v := newVisitor(t, manage(t, shelf(t, now), limits(nil))).begin()
						if limit.owner != "" {
							v.login(limit.owner)
						}
						last := limit.idle
						if limit.used {
							for last = limit.absolute; last > limit.idle; last -= limit.idle / 2 {
								time.Sleep(limit.idle / 2)
								v.expectMotto(limit.owner)
							}
						}
						time.Sleep(last + late)
						if late < 0 {
							v.expectEverywhere(limit.owner)
							return
						}
						v.expectNowhere()
					})
				})
			}
		}
	}
}

// expectEverywhere checks every way to a session that lives.
func (v *visitor) expectEverywhere(owner string) {
	v.t.Helper()
	s, err := v.m.Open(v.t.Context(), v.token())
	expectNil(v.t, err)
	expectEqual(v.t, "motto by Open", motto.Get(s), "carpe diem")
	expectError(v.t, v.m.Update(v.t.Context(), v.id(), func(s *coatcheck.Session) error {
		expectEqual(v.t, "motto by Update", motto.Get(s), "carpe diem")
		return errRefused
	}), errRefused)
	v.expectMotto(owner)
}

// expectNowhere checks every way to a session that has ended.
func (v *visitor) expectNowhere() {
	v.t.Helper()
	v.expectAnonymous()
	s, err := v.m.Open(v.t.Context(), v.token())
	expectNil(v.t, err)
	expectEqual(v.t, "new by Open", s.IsNew(), true)
	expectError(v.t, v.m.Update(v.t.Context(), v.id(), func(*coatcheck.Session) error { return nil }), coatcheck.ErrNotFound)
	for info := range v.m.All(v.t.Context()) {
		v.t.Errorf("session %s is listed", info.ID.Short())
	}
	for info := range v.m.Sessions(v.t.Context(), "ada") {
		v.t.Errorf("session %s is listed as ada's", info.ID.Short())
	}
	expectStatus(v.t, v.twin().visit(func(s *coatcheck.Session) { expectNil(v.t, s.Renew(v.t.Context())) }), http.StatusOK)
}

// A request that began while its session lived cannot save to it when it has
// ended.
func TestPromise4ASaveDoesNotReviveWhatExpired(t *testing.T) {
	for _, owner := range []string{"", "ada"} {
		synctest.Test(t, func(t *testing.T) {
			store := shelf(t, nil)
			v := newVisitor(t, manage(t, store, limits(nil))).begin()
			if owner != "" {
				v.login(owner)
			}
			res := v.twin().visit(func(s *coatcheck.Session) {
				time.Sleep(10 * time.Minute)
				tally.Update(s, increment)
				expectError(t, s.Save(t.Context()), coatcheck.ErrGone)
				tally.Update(s, increment)
			})
			expectStatus(t, res, http.StatusConflict)
			expectNoCookie(t, res)
			v.expectNowhere()
		})
	}
}

// A store whose Touch or Replace goes past the deadline, or whose record says
// so, extends nothing.
func TestPromise4TheDeadlineHoldsAgainstTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := watched(t)
		v := newVisitor(t, manage(t, store, limits(nil))).begin().login("ada")
		start := time.Now()
		for time.Since(start) < time.Hour-time.Minute {
			time.Sleep(time.Minute)
			v.expectMotto("ada")
		}
		kept, err := store.inner.Load(t.Context(), v.id())
		expectNil(t, err)
		forever := *kept
		forever.Expires = start.Add(48 * time.Hour)
		store.give(func(coatcheck.ID, *coatcheck.Record) *coatcheck.Record { return &forever })
		time.Sleep(time.Minute - 1)
		v.expectMotto("ada")
		time.Sleep(time.Nanosecond)
		v.expectAnonymous()
	})
}

// Renewals and saves do not move the absolute limit; a login does.
func TestPromise4OnlyAuthenticationMovesTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisitor(t, manage(t, shelf(t, nil), limits(nil))).begin()
		began := v.info()
		time.Sleep(3 * time.Minute)
		v.visit(func(s *coatcheck.Session) { tally.Set(s, 1); expectNil(t, s.Renew(t.Context())) })
		expectEqual(t, "deadline of a renewed anonymous session", v.info().Deadline, began.Deadline)
		expectEqual(t, "birth of it", v.info().Created, began.Created)
		v.login("ada")
		authenticated := v.info()
		expectEqual(t, "deadline of a login", authenticated.Deadline, time.Now().Add(time.Hour).UTC())
		expectEqual(t, "auth time", authenticated.AuthTime, time.Now().UTC())
		expectEqual(t, "birth", authenticated.Created, began.Created)
		time.Sleep(9 * time.Minute)
		v.visit(func(s *coatcheck.Session) { tally.Set(s, 2); expectNil(t, s.Renew(t.Context())) })
		expectEqual(t, "deadline of a renewal", v.info().Deadline, authenticated.Deadline)
		expectEqual(t, "auth time of a renewal", v.info().AuthTime, authenticated.AuthTime)
		v.login("ada")
		expectEqual(t, "deadline of a second login", v.info().Deadline, time.Now().Add(time.Hour).UTC())
		v.login("bob")
		expectEqual(t, "birth of another owner's", v.info().Created, time.Now().UTC())
	})
}

// info describes the visitor's session.
func (v *visitor) info() (i coatcheck.Info) {
	v.t.Helper()
	v.twin().visit(func(s *coatcheck.Session) {
		i = s.Info()
		expectEqual(v.t, "Created", s.Created(), i.Created)
		expectEqual(v.t, "AuthTime", s.AuthTime(), i.AuthTime)
		expectEqual(v.t, "ID", s.ID(), i.ID)
		expectEqual(v.t, "Owner", s.Owner(), i.Owner)
	})
	return i
}

// Without timeouts a session lives on; each can be switched off by itself.
func TestPromise4NoTimeout(t *testing.T) {
	for name, opts := range map[string]*coatcheck.Options{
		"neither": {IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: coatcheck.NoTimeout,
			AnonymousIdleTimeout: coatcheck.NoTimeout, AnonymousAbsoluteTimeout: coatcheck.NoTimeout},
		"idle only":     {AbsoluteTimeout: coatcheck.NoTimeout, AnonymousAbsoluteTimeout: coatcheck.NoTimeout},
		"absolute only": {IdleTimeout: coatcheck.NoTimeout, AnonymousIdleTimeout: coatcheck.NoTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := watched(t)
				m := manage(t, store, opts)
				v := newVisitor(t, m).begin()
				idle, absolute := opts.AnonymousIdleTimeout == 0, opts.AnonymousAbsoluteTimeout == 0
				if !absolute {
					for range 20 { // used all the time
						time.Sleep(20 * time.Minute)
						v.expectMotto("")
					}
				}
				expectEqual(t, "touched", store.count("Touch") > 0, idle)
				time.Sleep(2*time.Hour - 1)
				if idle || absolute {
					time.Sleep(time.Nanosecond)
					v.expectNowhere()
					return
				}
				time.Sleep(1000 * 24 * time.Hour)
				v.expectMotto("")
				expectEqual(t, "year of the deadline", v.info().Deadline.Year(), 9999)
			})
		})
	}
}
