//go:build unix

package transfer_test

import (
	"database/sql"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// openPostgres opens a database.
func openPostgres(url string) (*sql.DB, error) { return sql.Open("pgx", url) }
