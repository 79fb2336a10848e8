package coatcheck_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// goldenNonce makes the successor of goldenToken; real ones are drawn at random.
var goldenNonce = [16]byte([]byte("0123456789abcdef"))

// goldenRotate rotates a session as golden ones are made, and returns what is
// stored then, with what chance decided put in place.
func goldenRotate(t *testing.T) (alias, next *coatcheck.Record) {
	t.Helper()
	clock := coatchecktest.NewClock(time.UnixMilli(goldenStart))
	store := memstore.New(&memstore.Options{Now: clock.Now})
	t.Cleanup(func() { _ = store.Close() })
	m := manage(t, store, &coatcheck.Options{
		Now: clock.Now, RotateEvery: time.Minute, DeviceLabel: (*http.Request).UserAgent,
	})
	h := &goldenHouse{Manager: m, clock: clock}
	old := h.visit(t, "Føx on Linux", func(s *coatcheck.Session) error { return s.Login(t.Context(), "ada") })
	clock.Advance(time.Minute)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-id", Value: string(h.token)})
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
	})).ServeHTTP(httptest.NewRecorder(), r)
	recs, _, err := store.List(t.Context(), "", 10)
	expectNil(t, err)
	for _, rec := range recs {
		made := *rec
		made.Version = goldenVersion
		md, reason := coatcheck.OpenMeta(rec, rec.ID)
		expectEqual(t, "fault", reason, "")
		parts := coatcheck.Parts(rec)
		switch {
		case rec.ID == old:
			made.ID = m.ID(goldenToken)
			id := m.ID(goldenToken.Successor(goldenNonce))
			parts = parts.With(coatcheck.PartAlias, append(goldenNonce[:], id[:]...))
			alias = &made
		case md.State == coatcheck.StateLive:
			made.ID = m.ID(goldenToken.Successor(goldenNonce))
			id, turn := m.ID(goldenToken), parts.Get(coatcheck.PartTurn)
			parts = parts.With(coatcheck.PartTurn, append(bytes.Clone(turn[:len(turn)-len(id)]), id[:]...))
			next = &made
		default:
			continue // the stub of the login
		}
		coatcheck.SealParts(&made, md, parts)
	}
	return alias, next
}

// Today's code writes what a rotation leaves and makes as the golden files say.
func TestGoldenRotationIsWritten(t *testing.T) {
	alias, next := goldenRotate(t)
	goldenCompare(t, "record-alias", goldenFormat(alias))
	goldenCompare(t, "record-successor", goldenFormat(next))
}

// The old token of the golden files leads to their session.
func TestGoldenRotationIsRead(t *testing.T) {
	h := newGoldenHouse(t)
	expectNil(t, h.store.Create(t.Context(), goldenParse(t, "record-alias")))
	expectNil(t, h.store.Create(t.Context(), goldenParse(t, "record-successor")))
	s, err := h.Open(t.Context(), goldenToken)
	expectNil(t, err)
	expectEqual(t, "token", s.Token(), goldenToken.Successor(goldenNonce))
	expectEqual(t, "owner", s.Owner(), "ada")
	expectEqual(t, "note", goldenNote.Get(s), "grüße & <küsse>\u2028")
}

// Successors are derived from tokens as they always were.
func TestGoldenSuccessor(t *testing.T) {
	mac := hmac.New(sha256.New, []byte(goldenToken))
	mac.Write([]byte("cc1/rotate0123456789abcdef"))
	want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	got := goldenToken.Successor(goldenNonce)
	expectEqual(t, "successor", string(got), want)
	expectEqual(t, "successor, once and for all", string(got), "hSQTKakPzcWoy4N-rBtBb5Vyek9TxEow-ixWsg-WElc")
	if _, err := coatcheck.ParseToken(want); err != nil {
		t.Error(err)
	}
}
