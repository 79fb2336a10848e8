package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// The standard library guards against forged requests; put it around the
// session handler, so that a refused request costs no store call. GET must
// change nothing.
func Example_csrf() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /transfer", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "done")
	})
	site := http.NewCrossOriginProtection().Handler(m.Handler(mux))

	for _, from := range []string{"same-origin", "cross-site"} {
		r := httptest.NewRequest("POST", "/transfer", nil)
		r.Header.Set("Sec-Fetch-Site", from)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		fmt.Println(from, w.Code)
	}
	// Output:
	// same-origin 200
	// cross-site 403
}
