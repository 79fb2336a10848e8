package pages

import (
	"encoding/gob"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/coatcheck/coatcheck/bench/load"
)

// SCS is the site on alexedwards/scs.
func SCS(store scs.Store) http.Handler {
	gob.Register(time.Time{})
	m := scs.New()
	m.Store = store
	return m.LoadAndSave(mux{
		load.NopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		load.ReadPage: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, m.GetString(r.Context(), "name"))
		},
		load.CountPage: func(w http.ResponseWriter, r *http.Request) {
			n := m.GetInt(r.Context(), "count") + 1
			m.Put(r.Context(), "count", n)
			_, _ = io.WriteString(w, strconv.Itoa(n))
		},
		load.SeedPage: func(w http.ResponseWriter, r *http.Request) {
			for k, v := range Values() {
				m.Put(r.Context(), k, v)
			}
			m.Put(r.Context(), "name", r.URL.Query().Get("name"))
			m.Put(r.Context(), "count", 0)
			_, _ = io.WriteString(w, "ok")
		},
	})
}
