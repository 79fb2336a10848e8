package itest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// A sharedServer is started when the first test asks for it, and serves all of
// this binary, and the processes that it starts.
type sharedServer struct {
	env   string // where its address is for those
	start func(*servers.Options) (*servers.Server, error)

	once sync.Once
	addr string
	err  error
}

var (
	sharedPostgres = &sharedServer{env: "COATCHECK_TEST_POSTGRES", start: servers.Postgres}
	sharedMariaDB  = &sharedServer{env: "COATCHECK_TEST_MARIADB", start: servers.MariaDB}
)

// address returns where the server is.
func (s *sharedServer) address() (string, error) {
	s.once.Do(func() {
		if s.addr = os.Getenv(s.env); s.addr != "" {
			return
		}
		server, err := s.start(nil)
		if err != nil {
			s.err = err
			return
		}
		s.addr = server.Addr
		s.err = os.Setenv(s.env, s.addr)
	})
	return s.addr, s.err
}

// A sqlTarget is a store with the database that was opened for it.
type sqlTarget struct {
	*sqlstore.Store
	db *sql.DB
}

// Close closes both.
func (s sqlTarget) Close() error { return errors.Join(s.Store.Close(), s.db.Close()) }

// openSQL opens a store in a table that belongs to dir.
func openSQL(driver, source, dir string, now func() time.Time) (coatcheck.Store, error) {
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	store, err := sqlstore.Open(db, &sqlstore.Options{Table: tableOf(dir), Now: now})
	if err == nil {
		err = store.Migrate(context.Background())
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return sqlTarget{store, db}, nil
}

// tableOf is the table that belongs to a folder.
func tableOf(dir string) string {
	h := fnv.New64a()
	h.Write([]byte(dir))
	return fmt.Sprintf("t%x", h.Sum64())
}

func openSQLite(dir string, now func() time.Time) (coatcheck.Store, error) {
	return openSQL("sqlite", sqliteSource(dir), dir, now)
}

// sqliteSource is the file in a folder. What a test has stored need not outlive
// the machine.
func sqliteSource(dir string) string {
	return "file:" + filepath.Join(dir, "sessions.db") + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)"
}

func openPostgres(dir string, now func() time.Time) (coatcheck.Store, error) {
	addr, err := sharedPostgres.address()
	if err != nil {
		return nil, err
	}
	return openSQL("pgx", servers.PostgresURL(addr), dir, now)
}

func openMariaDB(dir string, now func() time.Time) (coatcheck.Store, error) {
	addr, err := sharedMariaDB.address()
	if err != nil {
		return nil, err
	}
	return openSQL("mysql", servers.MariaDBSource(addr), dir, now)
}
