package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
)

// The typed keys of our pages.
var (
	nameKey    = coatcheck.NewKey[string]("name")
	countKey   = coatcheck.NewKey[int]("count")
	profileKey = coatcheck.NewKey[profile]("profile")
)

// openCoatcheck opens coatcheck on its store in RAM, all options at their
// defaults.
func openCoatcheck(set setup) (site, error) { return ourSite(memstore.New(nil), set) }

// openOnFile opens coatcheck on its embedded file, all options at their
// defaults.
func openOnFile(set setup) (site, error) {
	store, err := hashstore.Open(filepath.Join(set.dir, "sessions"), nil)
	if err != nil {
		return nil, err
	}
	s, err := ourSite(store, set)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	closeManager := s.free
	s.free = func() error { return errors.Join(closeManager(), store.Close()) }
	return s, nil
}

// openSealed opens coatcheck with its sessions in the cookies, encrypted, and
// its logouts in RAM, all options at their defaults.
func openSealed(set setup) (site, error) {
	var logouts coatcheck.Store = memstore.New(nil)
	if set.writes != nil {
		logouts = &countedStore{logouts, set.writes}
		set.writes = nil
	}
	store, err := sealed.New([]sealed.Key{sealed.NewKey()}, &sealed.Options{Revoker: logouts})
	if err != nil {
		return nil, err
	}
	return ourSite(store, set)
}

func ourSite(store coatcheck.Store, set setup) (*httpSite, error) {
	if set.writes != nil {
		store = &countedStore{store, set.writes}
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		return nil, err
	}
	pages := pageMux{
		nopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		readPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			_, _ = io.WriteString(w, nameKey.Get(s))
		},
		structPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			_, _ = io.WriteString(w, profileKey.Get(s).Plan)
		},
		countPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			countKey.Update(s, func(n int) int { return n + 1 })
			_, _ = io.WriteString(w, strconv.Itoa(countKey.Get(s)))
		},
	}
	pages.examine(set.gate, func(w http.ResponseWriter, r *http.Request) (session, error) {
		s, err := coatcheck.FromContext(r.Context())
		return ourSession{s, r.Context()}, err
	})
	return &httpSite{handler: m.Handler(pages), free: m.Close}, nil
}

// failed replies to a request whose session gave an error.
func failed(w http.ResponseWriter, err error) bool {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	return err != nil
}

// An ourSession is the session of one request.
type ourSession struct {
	s   *coatcheck.Session
	ctx context.Context
}

func (s ourSession) seed(name string) {
	texts, others := seedValues(name)
	for k, v := range texts {
		s.set(k, v)
	}
	for k, v := range others {
		coatcheck.NewKey[any](k).Set(s.s, v)
	}
	countKey.Set(s.s, 0)
}

func (s ourSession) get(key string) string   { return coatcheck.NewKey[string](key).Get(s.s) }
func (s ourSession) set(key, value string)   { coatcheck.NewKey[string](key).Set(s.s, value) }
func (s ourSession) login(user string) error { return s.s.Login(s.ctx, user) }
func (s ourSession) who() string             { return s.s.Owner() }
func (s ourSession) renew() error            { return s.s.Renew(s.ctx) }
func (s ourSession) logout() error           { return s.s.Destroy(s.ctx) }
func (s ourSession) save() error             { return nil }

func (s ourSession) own() int {
	n := 0
	for _, key := range s.s.Keys() {
		if strings.HasPrefix(key, "own") {
			n++
		}
	}
	return n
}

// A countedStore counts the records written and the deadlines moved.
type countedStore struct {
	coatcheck.Store
	writes *atomic.Int64
}

func (s *countedStore) Create(ctx context.Context, rec *coatcheck.Record) error {
	s.writes.Add(1)
	return s.Store.Create(ctx, rec)
}

func (s *countedStore) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	s.writes.Add(1)
	return s.Store.Replace(ctx, rec, old)
}

func (s *countedStore) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	s.writes.Add(1)
	return s.Store.Touch(ctx, id, expires)
}
