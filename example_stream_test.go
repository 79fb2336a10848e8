package coatcheck_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

var lastEvent = coatcheck.NewKey[int]("last-event")

// Streams flush as they like. What changes after the first byte is saved when
// the handler returns; a session that must be born, so that a cookie can be
// set, has to be so before.
func Example_streaming() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{InsecureCookie: true})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		from := lastEvent.Get(s)
		lastEvent.Set(s, from) // a first key: the session is born with the first flush
		w.Header().Set("Content-Type", "text/event-stream")
		out := http.NewResponseController(w)
		for i := from + 1; i <= from+2; i++ {
			fmt.Fprintf(w, "data: %d\n", i)
			if err := out.Flush(); err != nil {
				return
			}
			lastEvent.Set(s, i)
		}
	})))
	defer server.Close()

	first, err := http.Get(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	body, _ := io.ReadAll(first.Body)
	fmt.Print(string(body))

	again, _ := http.NewRequest("GET", server.URL, nil)
	again.AddCookie(first.Cookies()[0])
	second, err := http.DefaultClient.Do(again)
	if err != nil {
		log.Fatal(err)
	}
	body, _ = io.ReadAll(second.Body)
	fmt.Print(string(body))
	// Output:
	// data: 1
	// data: 2
	// data: 3
	// data: 4
}
