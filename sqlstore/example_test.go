package sqlstore_test

import (
	"context"
	"database/sql"
	"log"
	"net/http"
	"os"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// Sessions in PostgreSQL. The program also imports the driver, here
// github.com/jackc/pgx/v5/stdlib; for SQLite and MySQL only that and the
// arguments of sql.Open differ.
func ExampleOpen() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)

	store, err := sqlstore.Open(db, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if err := store.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	http.ListenAndServe("127.0.0.1:8080", m.Handler(http.NotFoundHandler()))
}
