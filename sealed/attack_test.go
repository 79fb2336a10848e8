package sealed_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// refuse checks that a cookie's value opens nothing and costs one event with
// one of the reasons, and that the answer is that to any other visitor.
func refuse(t *testing.T, b *browser, value string, reasons ...string) {
	t.Helper()
	b.site.events.take()
	b.jar[cookieName] = value
	b.expectDead("a forged cookie")
	if reason := b.site.events.take(); !slices.Contains(reasons, reason) {
		t.Errorf("reason %q, want one of %q", reason, reasons)
	}
}

// Promise 5: only what we sealed opens anything: every bit counts.
func TestPromise5EveryBitCounts(t *testing.T) {
	site := assemble(t, setup{})
	b := site.browser().login("ada")
	good := b.value()
	raw, err := base64.RawURLEncoding.DecodeString(good)
	expectNil(t, err)
	for i := range raw {
		for bit := range 8 {
			raw[i] ^= 1 << bit
			want := "forged"
			switch {
			case i == 0:
				want = "format"
			case i < 5:
				want = "key"
			}
			refuse(t, b, base64.RawURLEncoding.EncodeToString(raw), want)
			raw[i] ^= 1 << bit
		}
	}
	b.jar[cookieName] = good
	b.expectLive("ada")
}

// The bits of the text, too: each token has one spelling.
func TestPromise5EveryCharacterCounts(t *testing.T) {
	site := assemble(t, setup{})
	b := site.browser().login("ada")
	good := b.value()
	for i := range len(good) {
		for bit := range 8 {
			text := []byte(good)
			text[i] ^= 1 << bit
			if c := text[i]; c < '!' || c > '~' || strings.IndexByte(`";,\`, c) >= 0 {
				continue // no part of a cookie's value
			}
			refuse(t, b, string(text), "forged", "form", "format", "key", "chunks")
		}
	}
	for _, text := range []string{good + "A", good + "AA", good + "AAAA", good + "=", good + "==", good + "A===", "A" + good, good + good, `"` + good + `"`} {
		refuse(t, b, text, "forged", "form", "format", "key")
	}
	for _, text := range []string{good + "\n", "\r\n" + good, good[:8] + "\n" + good[8:], good[:len(good)-3] + "\n" + good[len(good)-3:]} {
		s, err := site.m.Open(t.Context(), coatcheck.Token(text))
		if err != nil || !s.IsNew() {
			t.Errorf("a token with a line break opens a session, or %v", err)
		}
	}
	b.jar[cookieName] = good
	b.expectLive("ada")
}

// Truncation at every length, at both ends, over a connection.
func TestPromise5Truncated(t *testing.T) {
	site := open(t, setup{})
	b := site.browser().login("ada")
	good := b.value()
	for n := range len(good) {
		refuse(t, b, good[:n], "forged", "form", "length")
		refuse(t, b, good[n+1:], "forged", "form", "format", "key", "length")
	}
}

// A cookie opens nothing under another cookie name, at a manager of another
// name, or for another purpose, and none at a manager whose sessions are
// stored.
func TestPromise5SwappedCookies(t *testing.T) {
	home := open(t, setup{})
	for name, with := range map[string]setup{
		"cookie":  {options: coatcheck.Options{Cookie: coatcheck.CookieOptions{Name: "__Host-other"}}},
		"manager": {options: coatcheck.Options{Name: "other", Cookie: coatcheck.CookieOptions{Name: cookieName}}},
		"purpose": {seal: sealed.Options{Purpose: "admin", Revoker: home.revoker}},
	} {
		t.Run(name, func(t *testing.T) {
			if with.seal.Revoker == nil {
				with.seal.Revoker = home.revoker
			}
			other := open(t, with)
			b := home.browser().login("ada")
			b.jar["__Host-other"] = b.value()
			b.at(other).expectDead("a cookie from elsewhere")
			want := "forged"
			expectEqual(t, "reason", other.events.take(), want)
			back := other.browser().login("bob")
			back.jar[cookieName] = back.jar["__Host-other"] + back.jar[cookieName]
			back.at(home).expectDead("a cookie for elsewhere")
			b.at(home).expectLive("ada")
		})
	}
}

// Two cookies of our name: with the prefix none is trusted; without it the
// one that opens is, and of two that open none.
func TestPromise6DuplicateCookies(t *testing.T) {
	send := func(site *site, header string) (owner string) {
		r, err := http.NewRequest(http.MethodGet, site.url+site.task(func(_ http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			owner = s.Owner()
		}), nil)
		expectNil(t, err)
		r.Header.Set("Cookie", header)
		res, err := http.DefaultClient.Do(r)
		expectNil(t, err)
		_ = res.Body.Close()
		return owner
	}
	strict := open(t, setup{})
	loose := open(t, setup{seal: revoked(strict), options: coatcheck.Options{Cookie: coatcheck.CookieOptions{Name: "sid"}}})
	ada, bob := strict.browser().login("ada").value(), strict.browser().login("bob").value()
	expectEqual(t, "owner", send(strict, cookieName+"="+ada+"; "+cookieName+"="+ada), "ada")
	expectEqual(t, "owner", send(strict, cookieName+"="+ada+"; "+cookieName+"=bogus"), "")
	expectEqual(t, "owner", send(strict, cookieName+"="+ada+"; "+cookieName+"="+bob), "")
	ada, bob = loose.browser().login("ada").jar["sid"], loose.browser().login("bob").jar["sid"]
	expectEqual(t, "owner", send(loose, "sid=bogus; sid="+ada), "ada")
	expectEqual(t, "owner", send(loose, "sid="+ada+"; sid=bogus"), "ada")
	expectEqual(t, "owner", send(loose, "sid="+ada+"; sid="+bob), "")
	expectEqual(t, "owner", send(loose, strings.Repeat("sid=bogus; ", 4)+"sid="+bob), "")
	if loose.events.of(coatcheck.EventDuplicate) == 0 {
		t.Error("no event of duplicates")
	}
}

// What was never sealed opens nothing: no fallback reads it.
func TestPromise5PlainData(t *testing.T) {
	site := open(t, setup{})
	b := site.browser()
	stored, err := coatcheck.New(newRevoker(t, nil), nil)
	expectNil(t, err)
	defer stored.Close()
	s, err := stored.Open(t.Context(), "")
	expectNil(t, err)
	motto.Set(s, "x")
	expectNil(t, s.Save(t.Context()))
	rec, err := site.m.Open(t.Context(), s.Token())
	expectNil(t, err)
	if !rec.IsNew() {
		t.Error("a token of stored sessions opens something")
	}
	for _, text := range []string{string(s.Token()), "e30", base64.RawURLEncoding.EncodeToString([]byte(`{"owner":"ada"}` + strings.Repeat(" ", 100))), strings.Repeat("A", 4000)} {
		refuse(t, b, text, "form", "format", "key")
	}
}
