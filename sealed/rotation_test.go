package sealed_test

import (
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// A key is changed in three stages, each of which reaches one process before
// the other: at no time is anybody logged out, whichever process they meet.
func TestRotationInThreeStages(t *testing.T) {
	old, young := testKey(t, 1), testKey(t, 2)
	revoker := newRevoker(t, nil)
	process := func(keys ...sealed.Key) *site {
		return open(t, setup{keys: keys, seal: sealed.Options{Revoker: revoker}})
	}
	stages := []*site{process(old), process(old, young), process(young, old), process(young)}
	users := map[string]*browser{"ada": stages[0].browser(), "bob": stages[0].browser()}
	for name, b := range users {
		b.login(name)
	}
	for i := range len(stages) - 1 {
		before, after := stages[i], stages[i+1]
		for name, b := range users {
			for range 3 { // back and forth between the processes
				b.at(before).expectLive(name)
				b.at(after).expectLive(name)
			}
			b.at(before).login(name)
			b.at(after).expectLive(name)
			b.at(after).login(name)
			b.at(before).expectLive(name)
		}
		// Whoever comes while all are at the stage has its key afterwards.
		for name, b := range users {
			b.at(after).expectLive(name)
		}
	}
}

// What an old key sealed is sealed with the first one at the next use, once.
func TestRotationResealsOnUse(t *testing.T) {
	old, young := testKey(t, 1), testKey(t, 2)
	one := open(t, setup{keys: []sealed.Key{old}})
	two := open(t, setup{keys: []sealed.Key{young, old}, seal: revoked(one)})
	three := open(t, setup{keys: []sealed.Key{young}, seal: revoked(one)})
	b := one.browser().login("ada")
	id := b.id()
	b.twin().at(three).expectDead("a cookie of an old key")
	expectEqual(t, "reason", three.events.take(), "key")
	res := b.at(two).visit(func(s *coatcheck.Session) { motto.Get(s) })
	if len(res.Header["Set-Cookie"]) != 1 {
		t.Fatalf("Set-Cookie: %q, want one", res.Header["Set-Cookie"])
	}
	expectNoCookie(t, b.at(two).visit(func(s *coatcheck.Session) { motto.Get(s) }))
	b.at(three).expectLive("ada")
	expectEqual(t, "ID", b.at(three).id(), id)
}

// So it is where another cookie of the name opens nothing.
func TestRotationResealsBesideABogusCookie(t *testing.T) {
	old, young := testKey(t, 1), testKey(t, 2)
	loose := coatcheck.Options{Cookie: coatcheck.CookieOptions{Name: "sid"}}
	one := open(t, setup{keys: []sealed.Key{old}, options: loose})
	two := open(t, setup{keys: []sealed.Key{young, old}, seal: revoked(one), options: loose})
	b := one.browser().login("ada").at(two)
	b.jar["sid"] = "bogus; sid=" + b.jar["sid"]
	res := b.visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "ada") })
	expectEqual(t, "cookies", len(res.Header["Set-Cookie"]), 1)
}

// A key that has been removed opens nothing, and no other key is tried.
func TestRotationRetiredKey(t *testing.T) {
	leaked, fresh := testKey(t, 1), testKey(t, 2)
	one := open(t, setup{keys: []sealed.Key{leaked}})
	two := open(t, setup{keys: []sealed.Key{fresh}})
	b := one.browser().login("ada").at(two)
	b.expectDead("a cookie of a removed key")
	expectEqual(t, "reason", two.events.take(), "key")
	b.login("ada")
	b.expectLive("ada")
}
