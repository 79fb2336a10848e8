package storeurl_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := storeurl.Open(context.Background(), "hash:"+filepath.Join(dir, "sessions.ht")+"?durability=always")
	if err != nil {
		log.Fatal(err)
	}
	defer storeurl.Close(store)
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	_, err = storeurl.Open(context.Background(), "hash:sessions.ht?durability=allways")
	fmt.Println(err)
	// Output:
	// storeurl: "hash:sessions.ht": durability: it is "allways"; it must be "none", "always" or a duration of at least 1ms with its unit, such as "30s" or "12h"
}

// A Mux knows more stores: here a database, whose driver the program imports.
func ExampleNew() {
	mux, err := storeurl.New(&storeurl.Options{Schemes: []storeurl.Scheme{{
		Name: "postgres", Form: "//USER:PASSWORD@HOST/DATABASE", Gist: "a PostgreSQL database",
		Password: true, // password_file and password_env work, too
		Params:   []storeurl.Param{{Name: "table", Doc: "where the records are"}},
		Others:   "the settings of libpq",
		Open:     openPostgres,
	}}})
	if err != nil {
		log.Fatal(err)
	}
	source, err := mux.Parse("postgres://app@db.example.com/app?sslmode=verify-full&password_file=/run/secrets/db")
	fmt.Println(source, err)
	// Output:
	// postgres://xxxxx@db.example.com/app <nil>
}

func openPostgres(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	db, err := sql.Open("pgx", r.URL())
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(db, &sqlstore.Options{Table: r.Text("table"), Now: r.Now, Logger: r.Logger})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return postgres{store, db}, nil
}

// A postgres is a store that closes its database.
type postgres struct {
	*sqlstore.Store
	db *sql.DB
}

func (p postgres) Close() error { return errors.Join(p.Store.Close(), p.db.Close()) }

// What is logged or shown has no password.
func ExampleRedact() {
	url := "redis://app:s3cret@cache.example.com:6379/0"
	fmt.Println(storeurl.Redact(url), storeurl.HasPassword(url))
	// Output:
	// redis://xxxxx@cache.example.com:6379/0 true
}
