package sealed_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// The tests named by a number are those of docs/THREATS.md.

func TestCase19ExpiredCookie(t *testing.T)       { abuses["19 expired, with a good seal"](t) }
func TestCase20LoggedOutCookie(t *testing.T)     { abuses["20 replayed after the logout"](t) }
func TestCase21OlderCookie(t *testing.T)         { abuses["21 older cookie of a live session"](t) }
func TestCase22DamagedCookie(t *testing.T)       { abuses["22 truncated, and with a bit flipped"](t) }
func TestCase23RetiredKey(t *testing.T)          { abuses["23 retired key, and an old one in the ring"](t) }
func TestCase24CookieOfAnotherName(t *testing.T) { abuses["24 under another name"](t) }
func TestCase25PlainData(t *testing.T)           { abuses["25 plain data"](t) }
func TestCase26BillionChunks(t *testing.T)       { abuses["26 a billion chunks"](t) }
func TestCase27OverTheLimit(t *testing.T)        { abuses["27 over 4096 bytes"](t) }
func TestCase35DeflatedBomb(t *testing.T)        { abuses["35 deflated bomb"](t) }

// Of several cookies no more are put together than the settings allow.
func TestCase26MoreChunksThanAllowed(t *testing.T) {
	many := chunked(t, 3, setup{})
	few := chunked(t, 2, setup{seal: revoked(many)})
	b := many.browser()
	b.fill(7000)
	b.at(few).expectDead("a session of three cookies")
	expectEqual(t, "reason", few.events.take(), "chunks")
}

// A record that unfolds beyond all bounds is refused, were it sealed by us and
// a record.
func TestCase35BombThatIsARecord(t *testing.T) {
	now := newClock().Now()
	rec := coatcheck.Record{Data: bytes.Repeat([]byte(" "), 2<<20), Version: 1, Created: now, Expires: now, Deadline: now}
	plain, err := rec.AppendBinary(nil)
	expectNil(t, err)
	bomb := bytes.NewBuffer([]byte{1})
	w, err := flate.NewWriter(bomb, flate.BestCompression)
	expectNil(t, err)
	_, err = w.Write(plain)
	expectNil(t, err)
	expectNil(t, w.Close())
	s, _ := sealWith(t, sealed.Options{}, testKey(t, 1))
	token, err := s.Wrap(scope, bomb.Bytes())
	expectNil(t, err)
	expectRefused(t, s, scope, token, "content")
}

// Sealed sessions that cannot be ended have to be asked for, and where they can
// be, a copy of the cookie is dead after the logout.
func TestRequirement07RevokerOrConsent(t *testing.T) {
	for _, opts := range []*sealed.Options{nil, {}, {Purpose: "shop"}} {
		_, err := sealed.New([]sealed.Key{testKey(t, 1)}, opts)
		expectError(t, err, coatcheck.ErrInvalid)
	}
	b := open(t, setup{}).browser().login("ada")
	thief := b.twin()
	b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(context.Background())) })
	thief.expectDead("a cookie that was copied before the logout")
	open(t, setup{seal: sealed.Options{AllowUnrevocable: true}}).browser().login("ada").expectLive("ada")
}

// scope is what the manager tells a store in these tests.
const scope = "id\x00" + cookieName

// sealWith returns a store of the keys, and a token that its first one sealed.
func sealWith(t *testing.T, opts sealed.Options, keys ...sealed.Key) (*sealed.Store, coatcheck.Token) {
	t.Helper()
	opts.AllowUnrevocable = true
	s, err := sealed.New(keys, &opts)
	if err != nil {
		t.Fatal(err)
	}
	now := newClock().Now()
	token, err := s.Seal(t.Context(), scope, &coatcheck.Record{Owner: "ada", Data: []byte(`{"motto":"x"}`), Version: 1, Created: now, Expires: now, Deadline: now})
	if err != nil {
		t.Fatal(err)
	}
	return s, token
}

// expectRefused checks that a token opens nothing, for one of the reasons.
func expectRefused(t *testing.T, s *sealed.Store, scope string, token coatcheck.Token, reasons ...string) {
	t.Helper()
	_, err := s.Open(t.Context(), scope, token)
	var fault interface{ Reason() string }
	if !errors.Is(err, coatcheck.ErrNotFound) || !errors.As(err, &fault) || !slices.Contains(reasons, fault.Reason()) {
		t.Errorf("Open: %v, want one of %q", err, reasons)
	}
}

// Each bit of a token counts, its header is strict, and the key that it names
// is the only one that is tried.
func TestRequirement27OneKeyAndEveryBit(t *testing.T) {
	s, token := sealWith(t, sealed.Options{}, testKey(t, 1), testKey(t, 2))
	_, other := sealWith(t, sealed.Options{}, testKey(t, 2), testKey(t, 1))
	if _, err := s.Open(t.Context(), scope, token); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(token))
	expectNil(t, err)
	for bit := range 8 * len(raw) {
		raw[bit/8] ^= 1 << (bit % 8)
		want := "forged"
		switch {
		case bit < 8:
			want = "format"
		case bit < 40:
			want = "key"
		}
		expectRefused(t, s, scope, coatcheck.Token(base64.RawURLEncoding.EncodeToString(raw)), want)
		raw[bit/8] ^= 1 << (bit % 8)
	}
	// What the first key sealed, under the name of the second, which is in the
	// ring, too.
	theirs, err := base64.RawURLEncoding.DecodeString(string(other))
	expectNil(t, err)
	copy(raw[1:5], theirs[1:5])
	expectRefused(t, s, scope, coatcheck.Token(base64.RawURLEncoding.EncodeToString(raw)), "forged")
	for _, text := range []string{"", "A", string(token) + "\n", string(token) + "=", "\n" + string(token)} {
		expectRefused(t, s, scope, coatcheck.Token(text), "form")
	}
	_, err = sealed.KeyOf([]byte("short"))
	expectError(t, err, coatcheck.ErrInvalid)
	_, err = sealed.New([]sealed.Key{{}}, &sealed.Options{AllowUnrevocable: true})
	expectError(t, err, coatcheck.ErrInvalid)
}

// A token vouches for the cookie and the manager, for its purpose, and for the
// key that it names.
func TestRequirement28WhatATokenVouchesFor(t *testing.T) {
	s, token := sealWith(t, sealed.Options{}, testKey(t, 1))
	for _, elsewhere := range []string{"", "id\x00__Host-other", "other\x00" + cookieName, "id\x00" + cookieName + "\x00", "i\x00d\x00" + cookieName} {
		expectRefused(t, s, elsewhere, token, "forged")
	}
	for _, purpose := range []string{"admin", "sessio", "session "} {
		other, _ := sealWith(t, sealed.Options{Purpose: purpose}, testKey(t, 1))
		expectRefused(t, other, scope, token, "forged")
	}
	one := open(t, setup{})
	two := open(t, setup{seal: revoked(one), options: coatcheck.Options{Name: "other", Cookie: coatcheck.CookieOptions{Name: cookieName}}})
	one.browser().login("ada").at(two).expectDead("a cookie of another manager")
}

// The first key seals and the others open; what an old one sealed is sealed
// anew at its next use.
func TestRequirement29KeyRing(t *testing.T) {
	old, young := testKey(t, 1), testKey(t, 2)
	one := open(t, setup{keys: []sealed.Key{old}})
	both := open(t, setup{keys: []sealed.Key{young, old}, seal: revoked(one)})
	two := open(t, setup{keys: []sealed.Key{young}, seal: revoked(one)})
	b := one.browser().login("ada")
	b.twin().at(two).expectDead("a cookie of a key that is not there")
	res := b.at(both).visit(func(s *coatcheck.Session) { expectEqual(t, "owner", s.Owner(), "ada") })
	expectStatus(t, res, http.StatusOK)
	expectEqual(t, "cookies", len(res.Header["Set-Cookie"]), 1)
	b.at(two).expectLive("ada")
	expectNoCookie(t, b.at(both).visit(func(s *coatcheck.Session) { motto.Get(s) }))
}
