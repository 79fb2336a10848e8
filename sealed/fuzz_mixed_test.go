package sealed_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// FuzzMixedCookie shows any Cookie header to a site that seals anonymous
// sessions and stores the others. Only a token of its own opens a session;
// everything else is a visitor with nothing, who gets no cookie, no record and no
// error.
func FuzzMixedCookie(f *testing.F) {
	store := memstore.New(nil)
	f.Cleanup(func() { _ = store.Close() })
	s := assemble(f, setup{store: store})
	guest, user := s.browser(), s.browser()
	guest.visit(func(s *coatcheck.Session) { motto.Set(s, "sealed") })
	user.visit(func(s *coatcheck.Session) {
		motto.Set(s, "stored")
		expectNil(f, s.Login(context.Background(), "ada"))
	})
	for _, value := range []string{guest.value(), user.value()} {
		f.Add(cookieName + "=" + value)
		f.Add(cookieName + "=" + value[:len(value)-1])
		f.Add(cookieName + "=" + value + "; " + cookieName + "=" + value)
	}
	f.Add(cookieName + "=" + guest.value() + "; " + cookieName + "=" + user.value())
	f.Add(cookieName + "=2~" + guest.value() + "; " + cookieName + "~1=" + user.value())
	f.Add(cookieName + `="` + guest.value() + `"; a=b`)
	f.Add("")
	sealer := fuzzStore(f) // with the same key
	// Another process of the fuzzer may have sealed the one, but not stored the
	// other.
	genuine := map[string]func(value string) bool{
		"": func(string) bool { return true },
		"sealed": func(value string) bool {
			_, err := sealer.Open(context.Background(), fuzzScope, coatcheck.Token(value))
			return err == nil
		},
		"stored": func(value string) bool { return value == user.value() },
	}
	var got string
	handler := s.m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session, err := coatcheck.FromContext(r.Context())
		if err != nil {
			panic(err) // a target must not use f
		}
		if got = motto.Get(session); session.IsNew() != (got == "") {
			panic("a session that is new and is not")
		}
	}))
	f.Fuzz(func(t *testing.T, header string) {
		if strings.ContainsAny(header, "\r\n\x00") {
			return // net/http lets none through
		}
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		got = ""
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || len(w.Header()["Set-Cookie"]) > 0 {
			t.Fatalf("status %d, sets %q", w.Code, w.Header()["Set-Cookie"])
		}
		if !slices.ContainsFunc(values(header), genuine[got]) {
			t.Fatalf("opens the session %q", got)
		}
		if stats, err := store.Stat(context.Background()); err != nil || stats.Records != 1 {
			t.Fatalf("%d records in the store, %v; there was 1", stats.Records, err)
		}
	})
}

// values returns what may be the values of our cookie in a header.
func values(header string) []string {
	list := []string{""}
	for _, after := range strings.Split(header, cookieName+"=")[1:] {
		value, _, _ := strings.Cut(after, ";")
		list = append(list, strings.Trim(value, " \t\""))
	}
	return list
}
