package main

import (
	"context"
	"encoding/gob"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
)

// openSCS opens alexedwards/scs on its default store, in RAM.
func openSCS(set setup) (site, error) {
	gob.Register(profile{})
	gob.Register(time.Time{})
	m := scs.New()
	if set.writes != nil {
		m.IdleTimeout = 30 * time.Minute
		m.Store = &countedSCSStore{m.Store, set.writes}
	}
	pages := pageMux{
		nopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		readPage: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, m.GetString(r.Context(), "name"))
		},
		structPage: func(w http.ResponseWriter, r *http.Request) {
			p, _ := m.Get(r.Context(), "profile").(profile)
			_, _ = io.WriteString(w, p.Plan)
		},
		countPage: func(w http.ResponseWriter, r *http.Request) {
			n := m.GetInt(r.Context(), "count") + 1
			m.Put(r.Context(), "count", n)
			_, _ = io.WriteString(w, strconv.Itoa(n))
		},
	}
	pages.examine(set.gate, func(w http.ResponseWriter, r *http.Request) (session, error) {
		return scsSession{m, r.Context()}, nil
	})
	return &httpSite{handler: m.LoadAndSave(pages)}, nil
}

// An scsSession is the session of one request.
type scsSession struct {
	m   *scs.SessionManager
	ctx context.Context
}

func (s scsSession) seed(name string) {
	texts, others := seedValues(name)
	for k, v := range texts {
		s.m.Put(s.ctx, k, v)
	}
	for k, v := range others {
		s.m.Put(s.ctx, k, v)
	}
	s.m.Put(s.ctx, "count", 0)
}

func (s scsSession) get(key string) string { return s.m.GetString(s.ctx, key) }
func (s scsSession) set(key, value string) { s.m.Put(s.ctx, key, value) }
func (s scsSession) who() string           { return s.get("user") }
func (s scsSession) renew() error          { return s.m.RenewToken(s.ctx) }
func (s scsSession) logout() error         { return s.m.Destroy(s.ctx) }
func (s scsSession) save() error           { return nil }

func (s scsSession) login(user string) error {
	s.set("user", user)
	return s.renew()
}

func (s scsSession) own() int {
	n := 0
	for _, key := range s.m.Keys(s.ctx) {
		if strings.HasPrefix(key, "own") {
			n++
		}
	}
	return n
}

// A countedSCSStore counts the records written.
type countedSCSStore struct {
	scs.Store
	writes *atomic.Int64
}

func (s *countedSCSStore) Commit(token string, b []byte, expiry time.Time) error {
	s.writes.Add(1)
	return s.Store.Commit(token, b, expiry)
}
