package coatcheck_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// site serves handler over a socket, through a manager whose cookie needs no
// TLS, and returns a function that sends a request to it.
func site(t *testing.T, m *coatcheck.Manager, handler http.HandlerFunc) (get func(path, cookie string) *http.Response) {
	t.Helper()
	server := httptest.NewServer(m.Handler(handler))
	t.Cleanup(server.Close)
	return func(path, cookie string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
}

// Promise 7: read your writes. When the client has the first byte of a
// response, whatever sent it, every other request in every process sees what
// that one changed, though its handler still runs.
func TestPromise7ReadYourWrites(t *testing.T) {
	first := map[string]func(w http.ResponseWriter) error{
		"Write":       func(w http.ResponseWriter) error { _, err := w.Write([]byte(strings.Repeat(".", 8192))); return err },
		"WriteString": func(w http.ResponseWriter) error { _, err := io.WriteString(w, strings.Repeat(".", 8192)); return err },
		"WriteHeader and Flush": func(w http.ResponseWriter) error {
			w.WriteHeader(http.StatusAccepted)
			return http.NewResponseController(w).Flush()
		},
		"Flush": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"ReadFrom": func(w http.ResponseWriter) error {
			from, ok := w.(io.ReaderFrom)
			if !ok {
				return errors.New("no ReadFrom")
			}
			_, err := from.ReadFrom(strings.NewReader(strings.Repeat(".", 8192)))
			return err
		},
	}
	changes := map[string]func(s *coatcheck.Session) error{
		"a change":   func(s *coatcheck.Session) error { tally.Update(s, increment); return nil },
		"Save":       func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(t.Context()) },
		"Transact":   func(s *coatcheck.Session) error { return increase(t.Context(), s) },
		"Renew":      func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Renew(t.Context()) },
		"Login":      func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Login(t.Context(), "ada") },
		"persistent": func(s *coatcheck.Session) error { tally.Update(s, increment); s.SetPersistent(true); return nil },
	}
	store := shelf(t, nil)
	insecure := &coatcheck.Options{InsecureCookie: true}
	m, elsewhere := manage(t, store, insecure), manage(t, store, insecure)
	for name, send := range first {
		for kind, change := range changes {
			t.Run(kind+", then "+name, func(t *testing.T) {
				done := make(chan struct{})
				get := site(t, m, func(w http.ResponseWriter, r *http.Request) {
					s, err := coatcheck.FromContext(r.Context())
					expectNil(t, err)
					expectNil(t, change(s))
					expectNil(t, send(w))
					<-done
				})
				defer close(done)
				cookie := ""
				for n := range 3 {
					res := get("/", cookie)
					if !strings.Contains(name, "Flush") { // then there is a body
						if _, err := io.ReadFull(res.Body, make([]byte, 1)); err != nil {
							t.Fatal(err)
						}
					}
					for _, c := range res.Cookies() {
						cookie = c.Name + "=" + c.Value
					}
					for _, m := range []*coatcheck.Manager{m, elsewhere} {
						v := newVisitor(t, m)
						v.cookie = cookie
						v.expectTally(n + 1)
					}
				}
			})
		}
	}
}

// So does what one request of a visitor does see what the one before did, when
// each ends before the next begins, in turn in two processes.
func TestPromise7InTurnInTwoProcesses(t *testing.T) {
	store := shelf(t, nil)
	processes := [2]*coatcheck.Manager{manage(t, store, nil), manage(t, store, nil)}
	v := newVisitor(t, processes[0])
	for n := range 200 {
		v.m = processes[n%2]
		v.visit(func(s *coatcheck.Session) {
			expectEqual(t, "tally", tally.Get(s), n)
			tally.Set(s, n+1)
			if n%10 == 0 {
				expectNil(t, s.Renew(t.Context()))
			}
		})
	}
}
