package sealed_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/sealed"
)

// An owner's epoch that is damaged ends all of the owner's sessions, and those
// only. The next login or DestroyOwner mends it, and at no moment, between any two calls
// to the store, does a session come back that an earlier DestroyOwner has ended.
func TestPromise2DamagedEpochIsMended(t *testing.T) {
	for name, mend := range map[string]func(b *browser, ended coatcheck.ID){
		"login":                      func(b *browser, _ coatcheck.ID) { b.login("ada") },
		"DestroyOwner":               func(b *browser, _ coatcheck.ID) { b.destroyOwner("ada") },
		"DestroyOwner but the ended": func(b *browser, ended coatcheck.ID) { b.destroyOwner("ada", ended) },
	} {
		t.Run(name, func(t *testing.T) {
			var check func()
			store := &tap{Store: newRevoker(t, nil)}
			store.before = func(string) {
				if check != nil {
					run := check
					check = nil // it calls the store itself
					run()
					check = run
				}
			}
			site := open(t, setup{seal: sealed.Options{Revoker: store}})
			ended := site.browser().login("ada")
			endedID := ended.id()
			ended.destroyOwner("ada")
			live, other := site.browser().login("ada"), site.browser().login("bob")
			live.expectLive("ada")
			spoil(t, store.Store, epochID("ada"))
			for range 3 {
				live.expectDead("a session whose owner's epoch is damaged")
				ended.expectDead("a session that was ended before")
			}
			other.expectLive("bob")
			again := site.browser()
			check = func() {
				ended.expectDead("a session that was ended before, while the epoch is mended")
				live.expectDead("a session whose owner's epoch was damaged, while it is mended")
			}
			mend(again, endedID)
			check = nil
			ended.expectDead("a session that was ended before")
			live.expectDead("a session whose owner's epoch was damaged")
			again.login("ada").expectLive("ada")
			again.destroyOwner("ada", again.id())
			again.expectLive("ada")
			other.expectLive("bob")
		})
	}
}

// destroyOwner ends the sessions of owner.
func (b *browser) destroyOwner(owner string, except ...coatcheck.ID) {
	b.t.Helper()
	_, err := b.site.m.DestroyOwner(context.Background(), owner, except...)
	expectNil(b.t, err)
}

// spoil damages the record of an ID where it is, as a disk might.
func spoil(t *testing.T, store coatcheck.Store, id coatcheck.ID) {
	t.Helper()
	rec, err := store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	bad := *rec
	bad.Meta = []byte("?")
	bad.Version++
	expectNil(t, store.Replace(t.Context(), &bad, rec.Version))
}

// What ended a session while timeouts were short is not forgotten when they are
// long again, as the session's own token was all the time.
func TestPromise2TimeoutsShortenedAndLengthened(t *testing.T) {
	const long = 300 * 24 * time.Hour
	ended := map[string]func(m *coatcheck.Manager, b *browser){
		"DestroyOwner": func(m *coatcheck.Manager, _ *browser) {
			_, err := m.DestroyOwner(context.Background(), "ada")
			expectNil(t, err)
		},
		"Destroy": func(m *coatcheck.Manager, b *browser) { expectNil(t, m.Destroy(context.Background(), b.id())) },
		"logout": func(m *coatcheck.Manager, b *browser) {
			b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
		},
	}
	for name, end := range ended {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			site := func(absolute time.Duration, store coatcheck.Store) *site {
				with := setup{options: coatcheck.Options{Now: clock.Now, IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: absolute}}
				with.seal.Revoker = store
				return open(t, with)
			}
			store := newRevoker(t, clock.Now)
			before := site(long, store)
			b := before.browser().login("ada")
			thief := b.twin()
			clock.Advance(time.Minute)
			during := site(time.Hour, store)
			end(during.m, b.at(during))
			thief.at(during).expectDead("an ended session")
			after := site(long, store)
			for range 10 {
				clock.Advance(long/10 - time.Hour)
				_, err := after.m.Sweep(t.Context())
				expectNil(t, err)
				thief.at(after).expectDead("an ended session, with long timeouts again")
			}
		})
	}
}

// A login whose revocation of the old session may or may not come is
// uncertain: nobody is logged in. When it comes late the old session ends, at
// worst, and no other one comes of it.
func TestPromise2LateRevocation(t *testing.T) {
	for name, beside := range map[string]bool{"all sealed": false, "promotion": true} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			inner := newRevoker(t, clock.Now)
			var late []*coatcheck.Record
			store := &delayed{Store: inner}
			with := setup{options: coatcheck.Options{Now: clock.Now}}
			with.seal.Revoker = store
			if beside {
				with.store = newRevoker(t, clock.Now)
			}
			site := open(t, with)
			b := site.browser().begin()
			old := b.twin()
			store.late = &late
			res := b.visit(func(s *coatcheck.Session) {
				expectError(t, s.Login(context.Background(), "ada"), coatcheck.ErrUncertain)
				expectEqual(t, "owner", s.Owner(), "")
			})
			expectNoCookie(t, res)
			store.late = nil
			old.expectLive("") // it has not come yet
			if len(late) != 2 || late[0].Version != late[1].Version {
				t.Fatalf("%d revocations are under way, want the same one twice", len(late))
			}
			expectNil(t, inner.Create(t.Context(), late[0]))
			expectError(t, inner.Create(t.Context(), late[1]), coatcheck.ErrExists)
			old.expectDead("a session whose revocation came late")
			expectStatus(t, old.visit(func(s *coatcheck.Session) { tally.Set(s, 1) }), http.StatusConflict)
			clock.Advance(time.Minute)
			b.login("ada").expectLive("ada")
			if beside {
				n, err := site.m.DestroyOwner(t.Context(), "ada")
				expectNil(t, err)
				expectEqual(t, "sessions of ada", n, 1)
			}
		})
	}
}

// A delayed store loses what is created, for the time being.
type delayed struct {
	coatcheck.Store
	late *[]*coatcheck.Record
}

// Create implements coatcheck.Store.
func (s *delayed) Create(ctx context.Context, rec *coatcheck.Record) error {
	if s.late == nil {
		return s.Store.Create(ctx, rec)
	}
	*s.late = append(*s.late, rec)
	return errLost
}

// A login that could not be done because the revoker was full may be tried
// again.
func TestPromotionFullRevoker(t *testing.T) {
	store := coatchecktest.NewStore(newRevoker(t, nil))
	full := true
	store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
		if op == coatchecktest.OpCreate && full {
			return coatcheck.ErrFull
		}
		return nil
	}
	v := openVilla(t, setup{seal: sealed.Options{Revoker: store}})
	b := v.browser().begin()
	for name, p := range promotions {
		res := b.visit(func(s *coatcheck.Session) {
			expectError(t, p.do(s), coatcheck.ErrFull)
			s.Clear()
			motto.Set(s, "carpe diem")
		})
		expectNoCookie(t, res)
		b.expectLive("")
		v.expectRecords(0)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	full = false
	b.login("ada").expectLive("ada")
}
