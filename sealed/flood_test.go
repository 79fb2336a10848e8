package sealed_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Promise 9: visitors without cookies who write something, each time anew, fill
// neither the store nor the revoker where anonymous sessions are sealed.
func TestPromise9Flood(t *testing.T) {
	requests := 5_000
	if torture() {
		requests = 200_000
	}
	store, revoker := newRevoker(t, nil), newRevoker(t, nil)
	with := setup{store: store}
	with.seal.Revoker = revoker
	site := assemble(t, with)
	h := site.m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil || !s.IsNew() {
			t.Errorf("a visitor without a cookie has a session: %v", err)
			return
		}
		tally.Update(s, increment)
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://site.test/", nil)
	for range requests {
		w := discard{http.Header{}}
		h.ServeHTTP(w, r)
		if len(w.header["Set-Cookie"]) != 1 {
			t.Fatal("no cookie was set")
		}
	}
	for name, each := range map[string]coatcheck.Store{"store": store, "revoker": revoker} {
		stats, err := coatcheck.StatOf(context.Background(), each)
		expectNil(t, err)
		expectEqual(t, "records in the "+name, stats.Records, 0)
	}
	expectEqual(t, "sessions that began", site.m.Stats().Created, uint64(requests))
	site.browser().begin().login("ada").expectLive("ada")
}
