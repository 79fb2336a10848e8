package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// A page where users see their own sessions, end one, or all the others. Nobody
// can end another's, whatever ID the form holds.
func ExampleSession_DestroyOther() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{
		DeviceLabel:         func(r *http.Request) string { return r.Header.Get("User-Agent") },
		AddressLabel:        coatcheck.TruncatedAddress(nil), // behind a proxy: ForwardedAddress(…) in the place of nil
		MaxSessionsPerOwner: 10,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	mux := http.NewServeMux()
	page := func(path string, fn func(w http.ResponseWriter, r *http.Request, s *coatcheck.Session) error) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err == nil {
				err = fn(w, r, s)
			}
			if err != nil {
				coatcheck.Error(w, r, err)
			}
		})
	}
	page("/login", func(_ http.ResponseWriter, r *http.Request, s *coatcheck.Session) error {
		return s.Login(r.Context(), "user-42")
	})
	page("/sessions", func(w http.ResponseWriter, r *http.Request, s *coatcheck.Session) error {
		for i, err := range m.Sessions(r.Context(), s.Owner()) {
			if err != nil {
				return err
			}
			// i.LastSeen is the last use, i.ID what the form sends.
			fmt.Fprintf(w, "%s, %s, this one: %t\n", i.Device, i.Address, i.ID == s.ID())
		}
		return nil
	})
	page("/sessions/end", func(w http.ResponseWriter, r *http.Request, s *coatcheck.Session) error {
		id, err := coatcheck.ParseID(r.FormValue("id"))
		if err != nil {
			return err
		}
		return s.DestroyOther(r.Context(), id) // ErrNotFound: it is none of theirs now
	})
	page("/sessions/others", func(w http.ResponseWriter, r *http.Request, s *coatcheck.Session) error {
		n, err := s.DestroyOthers(r.Context())
		fmt.Fprintf(w, "%d ended\n", n)
		return err
	})

	site := m.Handler(mux)
	laptop, phone := newBrowser(site), newBrowser(site)
	phone.get("/login")
	laptop.get("/login")
	fmt.Print(laptop.get("/sessions/others"))
	fmt.Print(laptop.get("/sessions"))
	// Output:
	// 1 ended
	// , 192.0.2.0/24, this one: true
}
