package pages

import (
	"crypto/rand"
	"encoding/gob"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/sessions"

	"github.com/coatcheck/coatcheck/bench/load"
)

// sessionName is the cookie's name.
const sessionName = "session"

// GorillaKey draws the key by which a store of gorilla's signs its cookies.
func GorillaKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return key
}

// Gorilla is the site on gorilla/sessions.
func Gorilla(store sessions.Store) http.Handler {
	gob.Register(time.Time{})
	page := func(fn func(s *sessions.Session, r *http.Request) (reply string, save bool)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s, err := store.Get(r, sessionName)
			if failed(w, err) {
				return
			}
			reply, save := fn(s, r)
			if save && failed(w, s.Save(r, w)) {
				return
			}
			_, _ = io.WriteString(w, reply)
		}
	}
	return mux{
		load.NopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		load.ReadPage: page(func(s *sessions.Session, r *http.Request) (string, bool) {
			name, _ := s.Values["name"].(string)
			return name, false
		}),
		load.CountPage: page(func(s *sessions.Session, r *http.Request) (string, bool) {
			n, _ := s.Values["count"].(int)
			s.Values["count"] = n + 1
			return strconv.Itoa(n + 1), true
		}),
		load.SeedPage: page(func(s *sessions.Session, r *http.Request) (string, bool) {
			for k, v := range Values() {
				s.Values[k] = v
			}
			s.Values["name"], s.Values["count"] = r.URL.Query().Get("name"), 0
			return "ok", true
		}),
	}
}
