package main

import (
	"context"
	"net/http"

	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/sqlstore"
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
	return pages.House(store)
}

// openSQLStore opens coatcheck on a table.
func openSQLStore(p place) (http.Handler, error) {
	store, err := openTable(p, "coatcheck_sessions")
	if err != nil {
		return nil, err
	}
	return pages.House(store)
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
