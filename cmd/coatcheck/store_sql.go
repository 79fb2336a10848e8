package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// sqlSchemes are the SQL databases.
func sqlSchemes() []scheme {
	return []scheme{
		{"sqlite", "FILE", "a SQLite database, shared by all programs of this machine that name it", openSQLite},
		{"postgres", "//USER:PASSWORD@HOST/DATABASE", "a PostgreSQL database", func(rest string) (coatcheck.Store, error) {
			return openServer("postgres", rest, postgresDB)
		}},
		{"mysql", "//USER:PASSWORD@HOST/DATABASE", "a MySQL or MariaDB database", func(rest string) (coatcheck.Store, error) {
			return openServer("mysql", rest, mysqlDB)
		}},
	}
}

// A database is a store that closes what it is in.
type database struct {
	*sqlstore.Store
	db *sql.DB
}

// Close closes the store and the database.
func (d database) Close() error { return errors.Join(d.Store.Close(), d.db.Close()) }

// migrateTimeout bounds the making of the table.
const migrateTimeout = 10 * time.Second

// openIn opens a store in a database, and makes its table. The database is
// closed if that fails.
func openIn(db *sql.DB) (coatcheck.Store, error) {
	store, err := sqlstore.Open(db, nil)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), migrateTimeout)
		defer cancel()
		err = store.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return database{store, db}, nil
}

// openSQLite opens a file, which only its owner may read.
func openSQLite(path string) (coatcheck.Store, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	// What follows two slashes would be a host.
	name := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.Clean(path))
	db, err := sql.Open("sqlite", "file:"+name+"?_pragma=busy_timeout(2000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	return openIn(db)
}

// openServer opens a database that a server keeps. No error tells the password.
func openServer(scheme, rest string, connect func(*url.URL) (*sql.DB, error)) (coatcheck.Store, error) {
	u, err := url.Parse(scheme + ":" + rest)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("that is no URL of the form %s://USER:PASSWORD@HOST/DATABASE; write %%40 for an @ in a password, and so on", scheme)
	}
	db, err := connect(u)
	if err != nil {
		return nil, hide(err, u)
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	store, err := openIn(db)
	if err != nil {
		return nil, hide(err, u)
	}
	return store, nil
}

// postgresDB connects to PostgreSQL. What follows a question mark in the URL
// are the settings of libpq.
func postgresDB(u *url.URL) (*sql.DB, error) {
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config), nil
}

// mysqlDB connects to MySQL or MariaDB. Of settings behind a question mark it
// knows tls.
func mysqlDB(u *url.URL) (*sql.DB, error) {
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", u.Host
	if u.Port() == "" {
		config.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.TrimPrefix(u.Path, "/")
	for name, values := range u.Query() {
		if name != "tls" {
			return nil, fmt.Errorf("there is no setting %q; tls is one: true, skip-verify or preferred", name)
		}
		config.TLSConfig = values[0]
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// hide returns an error whose text does not have the URL's password.
func hide(err error, u *url.URL) error {
	text := err.Error()
	password, _ := u.User.Password()
	for _, secret := range append(u.Query()["password"], password) {
		if secret != "" {
			text = strings.ReplaceAll(text, url.QueryEscape(secret), "xxxxx")
			text = strings.ReplaceAll(text, url.PathEscape(secret), "xxxxx")
			text = strings.ReplaceAll(text, secret, "xxxxx")
		}
	}
	return &hidden{text, err}
}

// A hidden error says what another one does, without the password.
type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err }

// secrets are the places in a URL where a password may be.
var secrets = regexp.MustCompile(`(?i)//.*@|password=[^&]*`)

// shown is a URL for an error: without what may be a password.
func shown(url string) string {
	return secrets.ReplaceAllStringFunc(url, func(s string) string {
		if strings.HasPrefix(s, "//") {
			return "//xxxxx@"
		}
		return "password=xxxxx"
	})
}
