package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

var flash = coatcheck.NewKey[string]("flash")

// A flash message is shown once, on the page behind a redirect: Pop reads it
// and takes it away.
func ExampleKey_Pop() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	b := newBrowser(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		if r.URL.Path == "/save" {
			flash.Set(s, "Your settings are saved.")
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		fmt.Fprintf(w, "[%s]\n", flash.Pop(s))
	})))
	b.get("/save")
	fmt.Print(b.get("/"))
	fmt.Print(b.get("/"))
	// Output:
	// [Your settings are saved.]
	// []
}
