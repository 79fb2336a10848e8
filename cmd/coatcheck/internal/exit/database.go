package exit

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// databaseBusy reports whether a database says that another of its users is in
// the way.
func databaseBusy(err error) bool {
	return sqliteSays(err, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) || state(err, "55P03") || state(err, "40")
}

// databaseCorrupt reports whether the file of a database is damaged, or is
// none.
func databaseCorrupt(err error) bool {
	return sqliteSays(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
}

// NoDatabase reports whether SQLite says that a file is no database.
func NoDatabase(err error) bool { return sqliteSays(err, sqlite3.SQLITE_NOTADB) }

// sqliteSays reports whether SQLite said one of these errors.
func sqliteSays(err error, codes ...int) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && slices.Contains(codes, lite.Code()&0xff) // the rest says more exactly why
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

// NoTable reports whether a database says that it has no such table.
func NoTable(err error) bool {
	var my *mysql.MySQLError
	return state(err, "42P01") || errors.As(err, &my) && my.Number == 1146 ||
		sqliteSays(err, sqlite3.SQLITE_ERROR) && strings.Contains(err.Error(), "no such table")
}

// LacksDatabase reports whether a server says that it has no such database.
func LacksDatabase(err error) bool {
	var my *mysql.MySQLError
	return state(err, "3D000") || errors.As(err, &my) && my.Number == 1049
}
