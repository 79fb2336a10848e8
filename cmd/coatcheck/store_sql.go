package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/sqlstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// sqlSchemes are the SQL databases.
func sqlSchemes() []storeurl.Scheme {
	conns := storeurl.Param{Name: "max_conns", Kind: storeurl.Int, Doc: "connections at a time (32)"}
	return []storeurl.Scheme{
		{
			Name: "sqlite", Form: "FILE", Gist: "a SQLite database, shared by all programs of this machine that name it", Open: openSQLite,
			Params: append(tableParams(),
				storeurl.Param{Name: "busy_timeout", Kind: storeurl.Duration, Doc: "how long to wait for other programs' changes (2s)"},
				storeurl.Param{Name: "synchronous", Kind: storeurl.Word, Words: []string{"off", "normal", "full", "extra"}, Doc: "what waits for the disk, as SQLite has it (full)"}),
		},
		{
			Name: "postgres", Form: "//USER:PASSWORD@HOST/DATABASE", Gist: "a PostgreSQL database", Open: openPostgres,
			Password: true, Params: append(tableParams(), conns), Others: "the settings of libpq and of the server, such as sslmode and application_name",
		},
		{
			Name: "mysql", Form: "//USER:PASSWORD@HOST/DATABASE", Gist: "a MySQL or MariaDB database", Open: openMySQL,
			Password: true, Params: append(tableParams(), conns,
				storeurl.Param{Name: "tls", Kind: storeurl.Word, Words: []string{"true", "skip-verify", "preferred"}, Doc: "encrypts the connections"}),
		},
	}
}

// columns are the parameters for the names of the table's columns.
var columns = []struct {
	param string
	field func(*sqlstore.Columns) *string
}{
	{"column_id", func(c *sqlstore.Columns) *string { return &c.ID }},
	{"column_owner", func(c *sqlstore.Columns) *string { return &c.Owner }},
	{"column_data", func(c *sqlstore.Columns) *string { return &c.Data }},
	{"column_head", func(c *sqlstore.Columns) *string { return &c.Head }},
	{"column_deadline", func(c *sqlstore.Columns) *string { return &c.Deadline }},
	{"column_expires", func(c *sqlstore.Columns) *string { return &c.Expires }},
	{"column_bucket", func(c *sqlstore.Columns) *string { return &c.Bucket }},
	{"column_version", func(c *sqlstore.Columns) *string { return &c.Version }},
}

// defaultTable is the table that package sqlstore uses when none is named.
const defaultTable = "coatcheck_sessions"

// tableParams are the parameters that all databases have.
func tableParams() []storeurl.Param {
	all := []storeurl.Param{
		{Name: "table", Doc: "where the records are (" + defaultTable + ")"},
		{Name: "migrate", Kind: storeurl.Bool, Doc: "make the table, or bring it up to date, at the start (true)"},
	}
	for _, c := range columns {
		_, name, _ := strings.Cut(c.param, "_")
		all = append(all, storeurl.Param{Name: c.param, Doc: "what the column " + name + " is called"})
	}
	return all
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
func openIn(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect, r *storeurl.Request) (coatcheck.Store, error) {
	o := &sqlstore.Options{Dialect: dialect, Table: r.Text("table"), Now: r.Now, Logger: r.Logger}
	for _, c := range columns {
		*c.field(&o.Columns) = r.Text(c.param)
	}
	store, err := sqlstore.Open(db, o)
	if err == nil {
		err = prepare(ctx, store, r)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return database{store, db}, nil
}

// prepare makes a store's table, or wants it to be there.
func prepare(ctx context.Context, store *sqlstore.Store, r *storeurl.Request) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	if !r.MustExist {
		if r.Is("migrate", "false") {
			return nil
		}
		return store.Migrate(ctx)
	}
	_, err := store.Load(ctx, coatcheck.ID{})
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		return nil
	case exit.NoTable(err):
		return lackf("there is no table %q in %s", cmp.Or(r.Text("table"), defaultTable), databaseName(r))
	}
	return err
}

// databaseName is what errors call a database.
func databaseName(r *storeurl.Request) string {
	if r.Scheme == "sqlite" {
		if path, err := r.Path(); err == nil {
			return path
		}
	}
	return "the database"
}

// tableOf returns the table that a URL names.
func tableOf(url string) string {
	query := url[strings.LastIndexByte(url, '?')+1:]
	for param := range strings.SplitSeq(query, "&") {
		if name, ok := strings.CutPrefix(param, "table="); ok && name != "" {
			return name
		}
	}
	return defaultTable
}

// sqliteName is the path of a file as a URI of SQLite.
func sqliteName(path string) string {
	// What follows two slashes would be a host.
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.Clean(path))
}

// openSQLite opens a file, which only its owner may read.
func openSQLite(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	if strings.HasPrefix(r.Rest, "//") {
		r.Rest = "/" + strings.TrimLeft(r.Rest, "/") // as others write it, two slashes begin no host
	}
	path, err := r.Path()
	if err != nil {
		return nil, err
	}
	pragmas, err := sqliteFile(path, r.MustExist)
	if err != nil {
		return nil, notSQLite(path, err)
	}
	busy, synchronous := 2*time.Second, "full"
	if d := r.Duration("busy_timeout"); d > 0 {
		busy = d
	}
	if s := r.Text("synchronous"); s != "" {
		synchronous = s
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("%s?_pragma=busy_timeout(%d)%s&_pragma=synchronous(%s)",
		sqliteName(path), busy.Milliseconds(), pragmas, synchronous))
	if err != nil {
		return nil, err
	}
	store, err := openIn(ctx, db, sqlstore.SQLite, r)
	return store, notSQLite(path, err)
}

// openPostgres opens a database of PostgreSQL.
func openPostgres(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	u, err := serverURL(r)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, err
	}
	return openServer(ctx, stdlib.OpenDB(*config), sqlstore.PostgreSQL, r)
}

// openMySQL opens a database of MySQL or MariaDB.
func openMySQL(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	u, err := serverURL(r)
	if err != nil {
		return nil, err
	}
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", u.Host
	if u.Port() == "" {
		config.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.TrimPrefix(u.Path, "/")
	config.TLSConfig = r.Text("tls")
	config.Params = map[string]string{"autocommit": "1"} // whatever the server's default is
	config.MaxAllowedPacket = 0                          // what the server allows, so that more is an error before it is sent
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return openServer(ctx, sql.OpenDB(connector), sqlstore.MySQL, r)
}

// serverURL takes the URL of a database server apart. Its error does not repeat
// the URL, which may be malformed because of what is in its password.
func serverURL(r *storeurl.Request) (*url.URL, error) {
	u, err := url.Parse(r.URL())
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("that is no URL of the form %s://USER:PASSWORD@HOST/DATABASE; write %%40 for an @ in a password, and so on", r.Scheme)
	}
	return u, nil
}

// openServer opens a store in a database that a server keeps.
func openServer(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect, r *storeurl.Request) (coatcheck.Store, error) {
	conns := 32
	if n := r.Int("max_conns"); n > 0 {
		conns = n
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return openIn(ctx, db, dialect, r)
}

// shown is a URL for an error or a message: without what may be a password.
func shown(url string) string { return storeurl.Redact(url) }
