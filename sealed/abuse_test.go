package sealed_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// abuses are the numbered cases of docs/THREATS.md that are about sealed
// sessions, each in its shortest form and over a connection; what has more to
// it has a test of its own besides.
var abuses = map[string]func(t *testing.T){
	"19 expired, with a good seal": func(t *testing.T) {
		clock := newClock()
		b := open(t, setup{options: coatcheck.Options{Now: clock.Now}}).browser().login("ada")
		clock.Advance(30 * time.Minute)
		b.expectDead("an expired cookie")
	},
	"20 replayed after the logout": func(t *testing.T) {
		b := open(t, setup{}).browser().login("ada")
		thief := b.twin()
		b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
		thief.expectDead("a logged-out cookie")
	},
	"21 older cookie of a live session": func(t *testing.T) {
		b := open(t, setup{}).browser().begin()
		old := b.twin()
		b.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
		old.visit(func(s *coatcheck.Session) { expectEqual(t, "tally", tally.Get(s), 0) })
	},
	"22 truncated, and with a bit flipped": func(t *testing.T) {
		b := open(t, setup{}).browser().login("ada")
		good := b.value()
		for _, n := range []int{0, 1, 42, 43, 61, len(good) - 1} {
			refuse(t, b, good[:n], "form", "forged", "length")
		}
		raw, err := base64.RawURLEncoding.DecodeString(good)
		expectNil(t, err)
		raw[len(raw)-1] ^= 1
		refuse(t, b, base64.RawURLEncoding.EncodeToString(raw), "forged")
	},
	"23 retired key, and an old one in the ring": func(t *testing.T) {
		one := open(t, setup{keys: []sealed.Key{testKey(t, 1)}})
		b := one.browser().login("ada")
		b.twin().at(open(t, setup{keys: []sealed.Key{testKey(t, 2)}, seal: revoked(one)})).expectDead("a cookie of a retired key")
		b.at(open(t, setup{keys: []sealed.Key{testKey(t, 2), testKey(t, 1)}, seal: revoked(one)})).expectLive("ada")
	},
	"24 under another name": func(t *testing.T) {
		one := open(t, setup{})
		other := open(t, setup{seal: revoked(one), options: coatcheck.Options{Name: "other"}})
		b := one.browser().login("ada")
		b.jar["__Host-other"] = b.value()
		b.at(other).expectDead("a cookie of another name")
	},
	"25 plain data": func(t *testing.T) {
		b := open(t, setup{}).browser()
		refuse(t, b, base64.RawURLEncoding.EncodeToString([]byte(`{"owner":"ada","padding":"`+strings.Repeat("x", 60)+`"}`)), "format")
	},
	"26 a billion chunks": func(t *testing.T) {
		b := chunked(t, 8, setup{}).browser()
		refuse(t, b, "1000000000~"+strings.Repeat("A", 100), "form")
		refuse(t, b, "9~"+strings.Repeat("A", 100), "chunks")
	},
	"27 over 4096 bytes": func(t *testing.T) {
		b := open(t, setup{}).browser().begin()
		res := b.fill(4096)
		expectStatus(t, res, http.StatusInternalServerError)
		expectNoCookie(t, res)
		b.expectLive("")
	},
	"35 deflated bomb": func(t *testing.T) {
		var bomb bytes.Buffer
		bomb.WriteByte(1)
		w, err := flate.NewWriter(&bomb, flate.BestCompression)
		expectNil(t, err)
		zeros := make([]byte, 1<<20)
		for range 2 {
			_, _ = w.Write(zeros)
		}
		expectNil(t, w.Close())
		store, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{AllowUnrevocable: true})
		expectNil(t, err)
		token, err := store.Wrap("", bomb.Bytes())
		expectNil(t, err)
		_, err = store.Open(t.Context(), "", token)
		expectError(t, err, coatcheck.ErrNotFound)
	},
}
