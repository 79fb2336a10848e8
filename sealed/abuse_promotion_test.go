package sealed_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// promotedAbuses are the numbered cases once more, where only anonymous sessions
// are sealed.
var promotedAbuses = map[string]func(t *testing.T){
	"11 token planted before the login": func(t *testing.T) {
		v := openVilla(t, setup{})
		attacker := v.browser().begin()
		victim := attacker.twin().login("ada")
		attacker.expectDead("the planted cookie")
		victim.expectLive("ada")
	},
	"16 in-flight save after the promotion": func(t *testing.T) {
		b := openVilla(t, setup{}).browser().begin()
		res := b.twin().visit(func(s *coatcheck.Session) {
			b.login("ada")
			tally.Set(s, 1)
		})
		expectStatus(t, res, http.StatusConflict)
		expectNoCookie(t, res)
		b.expectLive("ada")
	},
	"19 expired, with a good seal": func(t *testing.T) {
		clock := newClock()
		b := openVilla(t, setup{options: coatcheck.Options{Now: clock.Now}}).browser().begin()
		clock.Advance(30 * time.Minute)
		b.expectDead("an expired cookie")
	},
	"20 replayed after the logout": func(t *testing.T) {
		logout := func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) }
		b := openVilla(t, setup{}).browser().begin()
		before := b.twin()
		after := b.login("ada").twin()
		b.visit(logout)
		before.expectDead("the sealed cookie of a session that was logged out")
		after.expectDead("the cookie of a session that was logged out")
		b.begin()
		before = b.twin()
		b.visit(logout)
		before.expectDead("the cookie of an anonymous session that was ended")
	},
	"21 older cookie of a promoted session": func(t *testing.T) {
		b := openVilla(t, setup{}).browser().begin()
		oldest := b.twin()
		b.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
		older := b.twin()
		b.login("ada")
		oldest.expectDead("the first cookie of a promoted session")
		older.expectDead("the last cookie of a promoted session")
	},
	"22 truncated, and with a bit flipped": func(t *testing.T) {
		b := openVilla(t, setup{}).browser().begin()
		good := b.value()
		for n := range len(good) {
			want := []string{"form", "forged", "length"}
			if n == 43 { // a stored session's token has that length
				want = []string{"unknown", "trailing bits"}
			}
			refuse(t, b, good[:n], want...)
		}
		raw, err := base64.RawURLEncoding.DecodeString(good)
		expectNil(t, err)
		for i := range raw {
			raw[i] ^= 1
			refuse(t, b, base64.RawURLEncoding.EncodeToString(raw), "format", "key", "forged")
			raw[i] ^= 1
		}
	},
	"23 retired key, and an old one in the ring": func(t *testing.T) {
		one := openVilla(t, setup{keys: []sealed.Key{testKey(t, 1)}})
		b := one.browser().begin()
		two := open(t, setup{keys: []sealed.Key{testKey(t, 2)}, seal: revoked(one.site), store: one.store})
		b.twin().at(two).expectDead("a cookie of a retired key")
		both := open(t, setup{keys: []sealed.Key{testKey(t, 2), testKey(t, 1)}, seal: revoked(one.site), store: one.store})
		b.at(both).expectLive("")
		b.at(two).expectLive("") // it was sealed anew
		b.at(two).login("ada").expectLive("ada")
	},
	"24 under another name": func(t *testing.T) {
		one := openVilla(t, setup{})
		other := open(t, setup{seal: revoked(one.site), store: one.store, options: coatcheck.Options{Name: "other"}})
		for _, b := range []*browser{one.browser().begin(), one.browser().login("ada")} {
			b.jar["__Host-other"] = b.value()
			b.at(other).expectDead("a cookie of another name")
		}
	},
	"25 plain data": func(t *testing.T) {
		b := openVilla(t, setup{}).browser()
		text := fmt.Sprintf("%-60s", `{"owner":"ada"}`)
		refuse(t, b, base64.RawURLEncoding.EncodeToString([]byte(text)), "format")
		refuse(t, b, base64.RawURLEncoding.EncodeToString([]byte(text[:32])), "unknown") // as long as a stored session's token
	},
	"26 a billion chunks": func(t *testing.T) {
		b := openVilla(t, setup{options: coatcheck.Options{Cookie: coatcheck.CookieOptions{Chunks: 8}}}).browser()
		refuse(t, b, "1000000000~"+strings.Repeat("A", 100), "form")
		refuse(t, b, "9~"+strings.Repeat("A", 100), "chunks")
	},
	"27 over 4096 bytes": func(t *testing.T) {
		v := openVilla(t, setup{options: coatcheck.Options{PromoteBytes: coatcheck.NoPromotion}})
		b := v.browser().begin()
		jar := maps.Clone(b.jar)
		res := b.fill(4096)
		expectStatus(t, res, http.StatusInternalServerError)
		expectNoCookie(t, res)
		expectEqual(t, "cookies kept", maps.Equal(jar, b.jar), true)
		b.expectLive("")
	},
}

func TestAbusePromoted(t *testing.T) {
	for name, test := range promotedAbuses {
		t.Run("abuse "+name, test)
	}
}
