package main

import (
	"crypto/rand"
	"encoding/gob"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/sessions"
)

// sessionName is the cookie's name where a library asks for one.
const sessionName = "session"

// openGorillaCookie opens gorilla/sessions with the data in a signed cookie.
func openGorillaCookie(set setup) (site, error) {
	return gorillaSite(sessions.NewCookieStore(newKey(32)), set)
}

// openGorillaFiles opens gorilla/sessions with one file per session.
func openGorillaFiles(set setup) (site, error) {
	store := sessions.NewFilesystemStore(set.dir, newKey(32))
	store.MaxLength(1 << 20) // its default of 4 KB is too small for 200 keys
	return gorillaSite(store, set)
}

// newKey draws a key of n bytes.
func newKey(n int) []byte {
	key := make([]byte, n)
	_, _ = rand.Read(key)
	return key
}

func gorillaSite(store sessions.Store, set setup) (site, error) {
	gob.Register(profile{})
	gob.Register(time.Time{})
	pages := pageMux{
		nopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		readPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := store.Get(r, sessionName)
			if gorillaFailed(w, err) {
				return
			}
			name, _ := s.Values["name"].(string)
			_, _ = io.WriteString(w, name)
		},
		structPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := store.Get(r, sessionName)
			if gorillaFailed(w, err) {
				return
			}
			p, _ := s.Values["profile"].(profile)
			_, _ = io.WriteString(w, p.Plan)
		},
		countPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := store.Get(r, sessionName)
			if gorillaFailed(w, err) {
				return
			}
			n, _ := s.Values["count"].(int)
			n++
			s.Values["count"] = n
			if gorillaFailed(w, s.Save(r, w)) {
				return
			}
			_, _ = io.WriteString(w, strconv.Itoa(n))
		},
	}
	pages.examine(set.gate, func(w http.ResponseWriter, r *http.Request) (session, error) {
		s, _ := store.Get(r, sessionName) // of a dead cookie: an error and a new session
		return &gorillaSession{s, w, r}, nil
	})
	return &httpSite{handler: pages}, nil
}

func gorillaFailed(w http.ResponseWriter, err error) bool {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	return err != nil
}

// A gorillaSession is the session of one request.
type gorillaSession struct {
	s *sessions.Session
	w http.ResponseWriter
	r *http.Request
}

func (s *gorillaSession) seed(name string) {
	texts, others := seedValues(name)
	for k, v := range texts {
		s.s.Values[k] = v
	}
	for k, v := range others {
		s.s.Values[k] = v
	}
	s.s.Values["count"] = 0
}

func (s *gorillaSession) get(key string) string { v, _ := s.s.Values[key].(string); return v }
func (s *gorillaSession) set(key, value string) { s.s.Values[key] = value }
func (s *gorillaSession) who() string           { return s.get("user") }
func (s *gorillaSession) renew() error          { return errors.ErrUnsupported }
func (s *gorillaSession) save() error           { return s.s.Save(s.r, s.w) }

func (s *gorillaSession) login(user string) error {
	s.set("user", user)
	return nil
}

func (s *gorillaSession) logout() error {
	s.s.Options.MaxAge = -1
	return s.save()
}

func (s *gorillaSession) own() int { return ownKeys(s.s.Values) }

// ownKeys counts the keys that begin with "own".
func ownKeys(values map[any]any) int {
	n := 0
	for key := range maps.Keys(values) {
		if text, ok := key.(string); ok && strings.HasPrefix(text, "own") {
			n++
		}
	}
	return n
}
