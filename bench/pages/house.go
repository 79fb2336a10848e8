package pages

import (
	"io"
	"net/http"
	"strconv"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/load"
)

// The typed keys of our pages.
var (
	nameKey  = coatcheck.NewKey[string]("name")
	countKey = coatcheck.NewKey[int]("count")
)

// House is the site on coatcheck, all options at their defaults.
func House(store coatcheck.Store) (http.Handler, error) {
	m, err := coatcheck.New(store, nil)
	if err != nil {
		return nil, err
	}
	return m.Handler(mux{
		load.NopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		load.ReadPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			_, _ = io.WriteString(w, nameKey.Get(s))
		},
		load.CountPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			countKey.Update(s, func(n int) int { return n + 1 })
			_, _ = io.WriteString(w, strconv.Itoa(countKey.Get(s)))
		},
		load.SeedPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			for k, v := range Values() {
				coatcheck.NewKey[any](k).Set(s, v)
			}
			nameKey.Set(s, r.URL.Query().Get("name"))
			countKey.Set(s, 0)
			_, _ = io.WriteString(w, "ok")
		},
	}), nil
}
