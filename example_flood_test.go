package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// A budget of new sessions keeps those who send no cookies from filling the
// store; those who have a session, and those who log in, are not counted.
func ExampleFloodOptions() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{
		FirstTimeout: 5 * time.Minute, // until the cookie has come back once
		Flood: coatcheck.FloodOptions{
			PerClient: 3,
			Total:     10_000,
			// Behind a proxy: Client: coatcheck.TruncatedAddress(coatcheck.ForwardedAddress(…)).
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	site := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		coatcheck.NewKey[string]("cart").Set(s, "a hat")
		fmt.Fprintln(w, "it is in your cart")
	}))
	for range 4 {
		fmt.Print(newBrowser(site).get("/")) // each time without a cookie
	}
	// Output:
	// it is in your cart
	// it is in your cart
	// it is in your cart
	// Too many new sessions were begun from your network. Please try again later.
}
