package sealed_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sealed"
)

// Born sealed in a header, promoted in the header: no cookie ever, and the old
// token is dead.
func TestPromotionInAChain(t *testing.T) {
	store := newRevoker(t, nil)
	sealer, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{Revoker: store})
	expectNil(t, err)
	m, err := coatcheck.New(store, &coatcheck.Options{AnonymousSealer: sealer, SweepInterval: coatcheck.NoSweep,
		Cookie:  coatcheck.CookieOptions{Chunks: 2},
		Carrier: coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session"))})
	expectNil(t, err)
	t.Cleanup(func() { _ = m.Close() })
	visit := func(token string, fn func(s *coatcheck.Session)) *http.Response {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Session", token)
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			fn(s)
		})).ServeHTTP(w, r)
		expectNoCookie(t, w.Result())
		return w.Result()
	}
	born := visit("", func(s *coatcheck.Session) { motto.Set(s, "sealed") }).Header.Get("X-Session")
	expectEqual(t, "sealed", len(born) > 43, true)
	grown := visit(born, func(s *coatcheck.Session) { tally.Set(s, 1); expectEqual(t, "motto", motto.Get(s), "sealed") }).Header.Get("X-Session")
	stored := visit(grown, func(s *coatcheck.Session) { expectNil(t, s.Login(t.Context(), "ada")) }).Header.Get("X-Session")
	expectEqual(t, "stored", len(stored), 43)
	for _, old := range []string{born, grown} {
		res := visit(old, func(s *coatcheck.Session) { expectEqual(t, "new", s.IsNew(), true) })
		expectEqual(t, "a token for the old one", res.Header["X-Session"] == nil, true)
	}
	visit(stored, func(s *coatcheck.Session) {
		expectEqual(t, "owner", s.Owner(), "ada")
		expectEqual(t, "motto", motto.Get(s), "sealed")
		expectNil(t, s.Destroy(t.Context()))
	})
	visit(stored, func(s *coatcheck.Session) { expectEqual(t, "new", s.IsNew(), true) })
	big := visit("", func(s *coatcheck.Session) { motto.Set(s, strings.Repeat("x", 6000)) }).Header.Get("X-Session")
	expectEqual(t, "too big for a header: stored", len(big), 43)
}
