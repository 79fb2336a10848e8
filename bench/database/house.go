package main

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// The typed keys of our pages.
var (
	nameKey  = coatcheck.NewKey[string]("name")
	countKey = coatcheck.NewKey[int]("count")
)

// openFilestore opens coatcheck on files, all options at their defaults.
func openFilestore(p place) (http.Handler, error) {
	dir, err := p.directory("coatcheck")
	if err != nil {
		return nil, err
	}
	store, err := filestore.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	return housePages(store)
}

// openSQLStore opens coatcheck on a table.
func openSQLStore(p place) (http.Handler, error) {
	store, err := openTable(p, "coatcheck_sessions")
	if err != nil {
		return nil, err
	}
	return housePages(store)
}

// openTable makes a table of ours.
func openTable(p place, name string) (*sqlstore.Store, error) {
	db, err := openSQL(p)
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(db, &sqlstore.Options{Dialect: p.dialect(), Table: name})
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(context.Background())
}

func housePages(store coatcheck.Store) (http.Handler, error) {
	m, err := coatcheck.New(store, nil)
	if err != nil {
		return nil, err
	}
	return m.Handler(pages{
		load.NopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		load.ReadPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			_, _ = io.WriteString(w, nameKey.Get(s))
		},
		load.CountPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			countKey.Update(s, func(n int) int { return n + 1 })
			_, _ = io.WriteString(w, strconv.Itoa(countKey.Get(s)))
		},
		load.SeedPage: func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if failed(w, err) {
				return
			}
			for k, v := range seedValues() {
				coatcheck.NewKey[any](k).Set(s, v)
			}
			nameKey.Set(s, r.URL.Query().Get("name"))
			countKey.Set(s, 0)
			_, _ = io.WriteString(w, "ok")
		},
	}), nil
}
