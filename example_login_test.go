package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// Login is the only way to give a session an owner. It swaps the token too, so
// a cookie that an attacker planted before the login opens nothing after it.
func ExampleSession_Login() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil {
			// Check the password first.
			err = s.Login(r.Context(), "user-42")
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprintln(w, "welcome,", s.Owner())
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil {
			err = s.Destroy(r.Context())
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprintln(w, "goodbye")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprintf(w, "you are %q\n", s.Owner())
	})

	b := newBrowser(m.Handler(mux))
	for _, path := range []string{"/", "/login", "/", "/logout", "/"} {
		fmt.Print(b.get(path))
	}
	// Output:
	// you are ""
	// welcome, user-42
	// you are "user-42"
	// goodbye
	// you are ""
}

// After a change of password, end the account's other sessions.
func ExampleManager_DestroyOwner() {
	m, err := coatcheck.New(memstore.New(nil), nil)
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
		switch r.URL.Path {
		case "/login":
			err = s.Login(r.Context(), "user-42")
		case "/logout-others":
			var n int
			n, err = m.DestroyOwner(r.Context(), s.Owner(), s.ID())
			fmt.Println("ended", n)
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprintf(w, "you are %q\n", s.Owner())
	}))
	laptop, phone := newBrowser(site), newBrowser(site)
	laptop.get("/login")
	phone.get("/login")
	laptop.get("/logout-others")
	fmt.Print("laptop: ", laptop.get("/"))
	fmt.Print("phone: ", phone.get("/"))
	// Output:
	// ended 1
	// laptop: you are "user-42"
	// phone: you are ""
}
