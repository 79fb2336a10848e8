package sealed_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// BenchmarkRequest serves one request of a sealed session of some 500 bytes.
func BenchmarkRequest(b *testing.B) {
	for name, do := range map[string]func(s *coatcheck.Session){
		"read":  func(s *coatcheck.Session) { tally.Get(s) },
		"count": func(s *coatcheck.Session) { tally.Update(s, increment) },
	} {
		b.Run(name, func(b *testing.B) {
			site := assemble(b, setup{})
			visitor := site.browser()
			visitor.visit(func(s *coatcheck.Session) { motto.Set(s, strings.Repeat("m", 400)); tally.Set(s, 1) })
			handler := site.m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				s, err := coatcheck.FromContext(r.Context())
				if err != nil {
					b.Fatal(err)
				}
				do(s)
			}))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Cookie", visitor.header())
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

// A discard is a ResponseWriter that keeps nothing but headers.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
