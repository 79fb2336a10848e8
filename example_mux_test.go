package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

var theme = coatcheck.NewKey[string]("theme")

// Handler is a plain func(http.Handler) http.Handler. Around a mux it serves
// all routes; those that never call FromContext cost nothing. A router with
// middleware takes it as it is, such as chi: router.Use(m.Handler).
func ExampleManager_Handler() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /theme/{name}", func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		theme.Set(s, r.PathValue("name"))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprintln(w, theme.Get(s))
	})
	b := newBrowser(m.Handler(mux))
	b.get("/theme/dark")
	fmt.Print(b.get("/"))
	// Output: dark
}
