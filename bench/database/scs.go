package main

import (
	"context"
	"net/http"

	"github.com/alexedwards/scs/mysqlstore"
	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The tables as the stores' documentation has them.
var (
	scsSQLite = []string{
		"CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL)",
		"CREATE INDEX IF NOT EXISTS sessions_expiry_idx ON sessions (expiry)",
	}
	scsPostgres = []string{
		"CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL)",
		"CREATE INDEX IF NOT EXISTS sessions_expiry_idx ON sessions (expiry)",
	}
	scsMySQL = []string{
		"CREATE TABLE IF NOT EXISTS sessions (token CHAR(43) PRIMARY KEY, data BLOB NOT NULL, expiry TIMESTAMP(6) NOT NULL, INDEX sessions_expiry_idx (expiry))",
	}
)

func openSCSSQLite(p place) (http.Handler, error) {
	db, err := openSQL(p, scsSQLite...)
	if err != nil {
		return nil, err
	}
	return pages.SCS(sqlite3store.New(db)), nil
}

func openSCSMySQL(p place) (http.Handler, error) {
	db, err := openSQL(p, scsMySQL...)
	if err != nil {
		return nil, err
	}
	return pages.SCS(mysqlstore.New(db)), nil
}

func openSCSPostgres(p place) (http.Handler, error) {
	db, err := openSQL(p, scsPostgres...)
	if err != nil {
		return nil, err
	}
	return pages.SCS(postgresstore.New(db)), nil
}

// openSCSPgx is the one on pgx's own pool rather than on database/sql.
func openSCSPgx(p place) (http.Handler, error) {
	if _, err := openSQL(p, scsPostgres...); err != nil {
		return nil, err
	}
	conf, err := pgxpool.ParseConfig(p.Source)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = int32(p.Pool)
	if p.tally != nil {
		conf.ConnConfig.Tracer = p.tally
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), conf)
	if err != nil {
		return nil, err
	}
	return pages.SCS(pgxstore.New(pool)), nil
}
