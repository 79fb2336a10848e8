package coatcheck_test

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// A stream of events ends with its session: the loop listens to Done as it
// does to its client.
func ExampleSession_Done() {
	news := make(chan string, 1)
	stream := func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		if s.Owner() == "" {
			http.Error(w, "Log in first.", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		out := http.NewResponseController(w)
		alive := time.NewTicker(time.Minute)
		defer alive.Stop()
		for {
			select {
			case text := <-news:
				fmt.Fprintf(w, "data: %s\n\n", text)
			case <-alive.C:
				// Listening alone does not keep the session alive. Leave this
				// out where an open page is no use of the site.
				_ = s.Touch(r.Context())
				fmt.Fprint(w, ": still here\n\n")
			case <-s.Done():
				text := "Please log in again."
				if errors.Is(s.Ended(), coatcheck.ErrRenewed) {
					text = "Please reload the page."
				}
				fmt.Fprintf(w, "event: end\ndata: %s\n\n", text)
				return
			case <-r.Context().Done():
				return
			}
			if out.Flush() != nil {
				return
			}
		}
	}

	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{InsecureCookie: true})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		if s, err := coatcheck.FromContext(r.Context()); err == nil {
			_ = s.Login(r.Context(), "ada")
		}
	})
	mux.HandleFunc("/events", stream)
	server := httptest.NewServer(m.Handler(mux))
	defer server.Close()

	in, err := http.Get(server.URL + "/login")
	if err != nil {
		log.Fatal(err)
	}
	r, _ := http.NewRequest("GET", server.URL+"/events", nil)
	r.AddCookie(in.Cookies()[0])
	news <- "Your coat is ready."
	events, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer events.Body.Close()
	for lines := bufio.NewScanner(events.Body); lines.Scan(); {
		fmt.Println(lines.Text())
		if lines.Text() == "data: Your coat is ready." {
			_, _ = m.DestroyOwner(r.Context(), "ada")
		}
	}
	// Output:
	// data: Your coat is ready.
	//
	// event: end
	// data: Please log in again.
}
