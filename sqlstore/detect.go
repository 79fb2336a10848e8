package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// drivers are parts of the names of drivers, with their package's path, and
// what they speak.
var drivers = []struct {
	part    string
	dialect Dialect
}{
	{"sqlite", SQLite},
	{"jackc/pgx", PostgreSQL},
	{"lib/pq", PostgreSQL},
	{"go-sql-driver/mysql", MySQL},
}

// detectTimeout bounds the queries of [Open].
const detectTimeout = 10 * time.Second

// detect finds out a database's dialect: by its driver's name, else by asking
// it for its version.
func detect(db *sql.DB) (Dialect, error) {
	typ := reflect.TypeOf(db.Driver())
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	for _, d := range drivers {
		if strings.Contains(typ.PkgPath(), d.part) {
			return d.dialect, nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), detectTimeout)
	defer cancel()
	return ask(ctx, db)
}

// ask asks a database for its version. SQLite has another word for it.
func ask(ctx context.Context, db *sql.DB) (Dialect, error) {
	var version string
	err := db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	switch {
	case err == nil && strings.HasPrefix(version, "PostgreSQL"):
		return PostgreSQL, nil
	case err == nil && version != "" && '0' <= version[0] && version[0] <= '9':
		return MySQL, nil
	case err == nil:
		return 0, fmt.Errorf("%w: the database says that it is %q: if it is compatible with one of our dialects, name that in Options.Dialect", coatcheck.ErrInvalid, version)
	}
	lite := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	if lite == nil {
		return SQLite, nil
	}
	return 0, fmt.Errorf("asking the database what it is: %w", errors.Join(err, lite))
}
