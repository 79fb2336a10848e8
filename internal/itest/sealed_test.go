package itest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// revokers are the targets that note the ends of sealed sessions here: one in a
// file, one in a database and one on a server.
var revokers = []string{"hashstore", "sqlite", "redis"}

// TestSealedPromises: with its revoker in a real store, package sealed keeps
// promises 2 and 3, whether all sessions are sealed or only those that nobody has
// logged in to, with the others in the same store.
func TestSealedPromises(t *testing.T) {
	key := sealed.NewKey()
	seal := func(t *testing.T, store coatcheck.Store) *sealed.Store {
		s, err := sealed.New([]sealed.Key{key}, &sealed.Options{Revoker: store})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, target := range targets {
		if !slices.Contains(revokers, target.name) {
			continue
		}
		for name, between := range map[string]func(coatcheck.Store, *coatcheck.Options) coatcheck.Store{
			"all": func(store coatcheck.Store, _ *coatcheck.Options) coatcheck.Store { return seal(t, store) },
			"anonymous": func(store coatcheck.Store, o *coatcheck.Options) coatcheck.Store {
				o.AnonymousSealer = seal(t, store)
				return store
			},
		} {
			t.Run(target.name+"/"+name, func(t *testing.T) {
				s := openShopOn(t, target, between, shopTimeout, shopTimeout)
				staysDead(s)
				sealedWaitsForNobody(s)
				endsWithItsOwner(s)
			})
		}
	}
}

// sealedWaitsForNobody: while a handler holds the session, others read and
// change it at either manager. Whose changes stay is not promised.
func sealedWaitsForNobody(s *shop) {
	g := s.guest()
	g.wants("/add", "1")
	slow := s.gate.hold(func() reply { return g.copy().get("/slow?then=add") })
	g.wants("/read", "1")
	g.wants("/add", "2")
	g.at(1).wants("/add", "3")
	slow.release().wantsStatus(http.StatusOK)
}

// endsWithItsOwner: after DestroyOwner at one manager none of the owner's
// sessions lives at the other one, and another owner's does.
func endsWithItsOwner(s *shop) {
	one, two, other := s.guest(), s.guest(), s.guest()
	for g, owner := range map[*guest]string{one: "ann", two: "ann", other: "bob"} {
		g.wants("/add", "1")
		g.mustGet("/login?owner=" + owner).wantsStatus(http.StatusOK)
		g.at(1).wants("/add", "2")
	}
	if _, err := s.managers[0].DestroyOwner(s.Context(), "ann"); err != nil {
		s.Error(err)
	}
	for m := range 2 {
		one.copy().at(m).wants("/read", "nobody")
		two.copy().at(m).wants("/read", "nobody")
		other.copy().at(m).wants("/read", "2")
	}
}
