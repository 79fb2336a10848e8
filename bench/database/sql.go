package main

import (
	"database/sql"
	"strconv"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// openSQL opens the place's database with the same pool for everybody, and
// runs some statements.
func openSQL(p place, statements ...string) (*sql.DB, error) {
	db, err := sql.Open(p.driver(), p.Source)
	if err != nil {
		return nil, err
	}
	if p.tally != nil {
		db = sql.OpenDB(&tallyConnector{db.Driver(), p.Source, p.tally})
	}
	db.SetMaxOpenConns(p.Pool)
	db.SetMaxIdleConns(p.Pool)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// parameter writes the nth parameter of a statement.
func (b backend) parameter(n int) string {
	if b.Name == postgresName {
		return "$" + strconv.Itoa(n)
	}
	return "?"
}
