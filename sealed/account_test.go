package sealed_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

const day = 24 * time.Hour

// remembering are timeouts of 14 days unused and 30 in all for who asks for it.
func remembering(now func() time.Time) coatcheck.Options {
	return coatcheck.Options{Now: now, PersistentIdleTimeout: 14 * day, PersistentAbsoluteTimeout: 30 * day}
}

// remember logs owner in for that long.
func (b *browser) remember(owner string) *browser {
	b.t.Helper()
	expectStatus(b.t, b.visit(func(s *coatcheck.Session) {
		motto.Set(s, "carpe diem")
		s.SetPersistent(true)
		expectNil(b.t, s.Login(context.Background(), owner))
	}), http.StatusOK)
	return b
}

// A remembered session lasts as long as its login said, and others do not.
func TestRequirement08Remembered(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: remembering(clock.Now)})
	remembered, other := site.browser().remember("ada"), site.browser().login("ada")
	stale := remembered.twin() // its cookie is not moved on
	for range 2 {
		clock.Advance(13 * day)
		remembered.expectLive("ada")
		other.expectDead("a session that was not to be remembered")
	}
	stale.expectDead("a cookie that was not used for so long")
	clock.Advance(4*day - 1)
	remembered.expectLive("ada")
	clock.Advance(1)
	remembered.expectDead("a remembered session at its end")
}

// What ends remembered sessions is kept as long as they could live.
func TestRequirement10RevocationsOutliveRememberedSessions(t *testing.T) {
	clock := newClock()
	options := remembering(clock.Now)
	options.PersistentIdleTimeout = coatcheck.NoTimeout
	site := open(t, setup{options: options})
	one, byID, all := site.browser().remember("ada"), site.browser().remember("bob"), site.browser().remember("eve")
	copies := []*browser{one.twin(), byID.twin(), all.twin()}
	one.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
	expectNil(t, site.m.Destroy(t.Context(), byID.id()))
	_, err := site.m.DestroyOwner(t.Context(), "eve")
	expectNil(t, err)
	for range 31 {
		for _, b := range copies {
			b.expectDead("an ended session")
		}
		clock.Advance(day)
		_, err := site.m.Sweep(t.Context())
		expectNil(t, err)
	}
}

// The others end, this one stays, and nobody knows how many there were. One by
// its ID cannot be ended: nobody knows whose it is.
func TestRequirement10Others(t *testing.T) {
	site := open(t, setup{})
	laptop, phone := site.browser().login("ada"), site.browser().login("ada")
	laptop.visit(func(s *coatcheck.Session) {
		expectError(t, s.DestroyOther(context.Background(), phone.id()), coatcheck.ErrUnsupported)
		n, err := s.DestroyOthers(context.Background())
		expectNil(t, err)
		expectEqual(t, "ended", n, 0)
	})
	laptop.expectLive("ada")
	phone.expectDead("another session")
	laptop.visit(func(s *coatcheck.Session) {
		_, err := site.m.DestroyOwner(context.Background(), "ada")
		expectNil(t, err)
		phone.login("ada")
		_, err = s.DestroyOthers(context.Background())
		expectError(t, err, coatcheck.ErrGone)
	})
	phone.expectLive("ada")
}

// Sealed sessions take no room: no budget counts them, and they do not end
// early. How many an owner has nobody can tell.
func TestRequirement24NoRoom(t *testing.T) {
	clock := newClock()
	site := open(t, setup{options: coatcheck.Options{Now: clock.Now, FirstTimeout: time.Minute, Flood: coatcheck.FloodOptions{PerClient: 1, Total: 1}}})
	for range 3 {
		b := site.browser().begin()
		clock.Advance(2 * time.Minute)
		b.expectLive("")
	}
	store, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{AllowUnrevocable: true})
	expectNil(t, err)
	_, err = coatcheck.New(store, &coatcheck.Options{MaxSessionsPerOwner: 1})
	expectError(t, err, coatcheck.ErrUnsupported)
}
