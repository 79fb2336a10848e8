package coatcheck_test

import (
	"errors"
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

// A failing value does not encode.
type failing struct{}

func (failing) MarshalText() ([]byte, error) { return nil, errors.New("never") }
