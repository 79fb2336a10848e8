package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"
	"net/url"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// What a stolen session must not do asks for a fresh login. Everything else is
// content with any.
func ExampleManager_RequireAuth() {
	clock := coatchecktest.NewClock(time.Now())
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{Now: clock.Now})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	toLogin := func(r *http.Request, _ bool) string {
		if r.Method != http.MethodGet {
			return "" // its body would be lost: 401 or 403
		}
		return "/login?next=" + url.QueryEscape(r.URL.Path)
	}
	say := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	}
	mux := http.NewServeMux()
	mux.Handle("/orders", m.RequireAuth(say("your orders"), &coatcheck.AuthOptions{Redirect: toLogin}))
	mux.Handle("/password", m.RequireAuth(say("a new password"), &coatcheck.AuthOptions{FreshWithin: 10 * time.Minute}))
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil {
			// Check the password first, also of one who is logged in: the
			// values stay, and the login is fresh again.
			err = s.Login(r.Context(), "user-42")
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Fprint(w, "welcome")
	})

	b := newBrowser(m.Handler(mux))
	show := func(path string) { fmt.Printf("%s: %s\n", path, b.get(path)) }
	show("/password")
	show("/login")
	show("/password")
	clock.Advance(11 * time.Minute)
	show("/orders")
	show("/password")
	show("/login")
	show("/password")
	// Output:
	// /password: Please log in.
	//
	// /login: welcome
	// /password: a new password
	// /orders: your orders
	// /password: Please log in again: this needs a fresh login.
	//
	// /login: welcome
	// /password: a new password
}
