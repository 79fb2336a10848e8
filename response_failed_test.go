package coatcheck_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A page that could not be saved for is replaced by an error, which no cache
// keeps, whatever the handler has told single ones about its own page.
func TestFailedSaveIsKeptByNoCache(t *testing.T) {
	m := manage(t, shelf(t, nil), nil)
	res := newVisitor(t, m).serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		w.Header().Set("CDN-Cache-Control", "max-age=600")
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		coatcheck.NewKey[failing]("failing").Set(s, failing{})
	})
	expectStatus(t, res, http.StatusInternalServerError)
	expectEqual(t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
	expectEqual(t, "CDN-Cache-Control", res.Header.Get("CDN-Cache-Control"), "")
}

// Nor does a proxy in front send the body that the handler has named to it: the
// error would look like success.
func TestFailedSaveNamesNoOtherBody(t *testing.T) {
	for _, name := range []string{"Location", "Refresh", "X-Accel-Redirect", "X-LiteSpeed-Location", "X-Reproxy-URL", "X-Sendfile"} {
		res := newVisitor(t, manage(t, shelf(t, nil), nil)).serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(name, "/internal/secret.pdf")
			s, err := coatcheck.FromContext(r.Context())
			expectNil(t, err)
			coatcheck.NewKey[failing]("failing").Set(s, failing{})
		})
		expectStatus(t, res, http.StatusInternalServerError)
		expectEqual(t, name, res.Header.Get(name), "")
	}
}

// compressed is the simplest of the middlewares that compress a response.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		next.ServeHTTP(zipper{w, z}, r)
	})
}

type zipper struct {
	http.ResponseWriter
	to *gzip.Writer
}

func (z zipper) Write(b []byte) (int, error) { return z.to.Write(b) }

// The error can be read where responses are compressed, inside the manager or
// around it.
func TestFailedSaveBesideCompression(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		coatcheck.NewKey[failing]("failing").Set(tcpSession(t, r), failing{})
		_, _ = io.WriteString(w, "<p>page")
	})
	for name, site := range map[string]*tcpSite{
		"inside":  tcpServe(t, compressed(page).ServeHTTP),
		"outside": tcpServe(t, page.ServeHTTP, func(site *tcpSite) { site.outside = compressed }),
	} {
		if r := site.get("/"); r.StatusCode != http.StatusInternalServerError || r.body != "The session could not be used.\n" {
			t.Errorf("%s: %d %q", name, r.StatusCode, r.body)
		}
	}
}

// A failing value does not encode.
type failing struct{}

func (failing) MarshalText() ([]byte, error) { return nil, errors.New("never") }
