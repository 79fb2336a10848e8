package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/coatcheck/coatcheck/sqlstore"
)

// The backends, in the order of the tables.
const (
	filesName    = "files"
	sqliteName   = "sqlite"
	postgresName = "postgres"
	mariaName    = "mariadb"
)

var backendNames = []string{filesName, sqliteName, postgresName, mariaName}

// A backend is where sessions are kept.
type backend struct {
	Name   string
	Source string // directory, or what the driver opens
	stop   func() error
}

// title names the backend in tables.
func (b backend) title() string {
	return map[string]string{filesName: "files", sqliteName: "SQLite", postgresName: "PostgreSQL", mariaName: "MariaDB"}[b.Name]
}

// dialect is what the backend speaks.
func (b backend) dialect() sqlstore.Dialect {
	return map[string]sqlstore.Dialect{sqliteName: sqlstore.SQLite, postgresName: sqlstore.PostgreSQL, mariaName: sqlstore.MySQL}[b.Name]
}

// driver is the name of its driver for database/sql.
func (b backend) driver() string {
	return map[string]string{sqliteName: "sqlite", postgresName: "pgx", mariaName: "mysql"}[b.Name]
}

// startBackends starts what the flags ask for. It says what is not installed
// and leaves that out.
func startBackends(conf config, out io.Writer) (list []backend, stop func(), err error) {
	stop = func() {
		for _, b := range list {
			_ = b.stop()
		}
	}
	for _, name := range backendNames {
		if !slices.Contains(conf.backends, name) {
			continue
		}
		b, err := startBackend(name)
		switch {
		case errors.Is(err, errMissing):
			fmt.Fprintf(out, "Left out: %s: %v.\n\n", name, err)
		case err != nil:
			stop()
			return nil, nil, err
		default:
			list = append(list, b)
		}
	}
	return list, stop, nil
}

// errMissing means that a database's programs are not there.
var errMissing = errors.New("not installed here (make deps)")

func startBackend(name string) (backend, error) {
	if name == postgresName || name == mariaName {
		return startServer(name)
	}
	dir, err := os.MkdirTemp("", "coatcheck-database-")
	if err != nil {
		return backend{}, err
	}
	b := backend{Name: name, Source: dir, stop: func() error { return os.RemoveAll(dir) }}
	if name == sqliteName {
		b.Source = "file:" + filepath.Join(dir, "sessions.db") +
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate"
	}
	return b, nil
}
