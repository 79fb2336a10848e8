package itest_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/go-chi/chi/v5"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

var room = coatcheck.NewKey[string]("room")

// A chi router takes Manager.Handler as the middleware that it is, for all
// routes or for a group of them.
func Example_chi() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	router := chi.NewRouter()
	router.Group(func(router chi.Router) {
		router.Use(m.Handler)
		router.Get("/enter/{room}", func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err != nil {
				coatcheck.Error(w, r, err)
				return
			}
			room.Set(s, chi.URLParam(r, "room"))
		})
		router.Get("/", func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err != nil {
				coatcheck.Error(w, r, err)
				return
			}
			fmt.Fprintln(w, "you are in the", room.Get(s))
		})
	})

	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest("GET", "/enter/hall", nil))
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	router.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output: you are in the hall
}
