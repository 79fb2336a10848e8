package coatcheck_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// "Remember me" is one line ahead of the login. How long such sessions last is
// up to the options; all others end with the browser, or after 12 hours.
func ExampleSession_SetPersistent() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{
		PersistentIdleTimeout:     14 * 24 * time.Hour,
		PersistentAbsoluteTimeout: 30 * 24 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	site := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil {
			// Check the password first.
			s.SetPersistent(r.FormValue("remember") == "on")
			err = s.Login(r.Context(), "user-42")
		}
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		fmt.Printf("lasts %v at most, %v unused\n",
			s.Info().Deadline.Sub(s.AuthTime()), s.Info().Expires.Sub(s.Info().LastSeen))
	}))
	for _, path := range []string{"/login", "/login?remember=on"} {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest("POST", path, nil))
		fmt.Println("survives the browser:", w.Result().Cookies()[0].MaxAge > 0)
	}
	// Output:
	// lasts 12h0m0s at most, 30m0s unused
	// survives the browser: false
	// lasts 720h0m0s at most, 336h0m0s unused
	// survives the browser: true
}
