package exit

import (
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// databaseBusy reports whether a database says that another of its users is in
// the way.
func databaseBusy(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & 0xff // the rest says more exactly why
		return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED
	}
	return state(err, "55P03") || state(err, "40")
}

// databaseDown reports whether a database cannot be reached, or does not let
// anybody in at the moment.
func databaseDown(err error) bool {
	if errors.Is(err, mysql.ErrInvalidConn) || state(err, "57P") || state(err, "53300") {
		return true
	}
	// A server that refuses a password has been reached.
	return errors.As(err, new(*pgconn.ConnectError)) && !errors.As(err, new(*pgconn.PgError))
}

// state reports whether PostgreSQL said an error whose code begins so.
func state(err error, prefix string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && strings.HasPrefix(pg.Code, prefix)
}
