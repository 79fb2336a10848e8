package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"log/slog"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// A script is a database that answers as a test says, and remembers what it was
// asked.
type script struct {
	answer func(query string, args []driver.NamedValue) (reply, error)

	mu    sync.Mutex
	asked []string
	conns int
}

// A reply is a number of affected rows, or the rows of a query.
type reply struct {
	affected int64
	rows     [][]driver.Value
}

func (s *script) Connect(context.Context) (driver.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++
	return conn{s}, nil
}

func (s *script) Driver() driver.Driver { return s }

func (s *script) Open(string) (driver.Conn, error) { return s.Connect(context.Background()) }

func (s *script) ask(query string, args []driver.NamedValue) (reply, error) {
	s.mu.Lock()
	s.asked = append(s.asked, query)
	s.mu.Unlock()
	return s.answer(query, args)
}

// count returns the number of statements so far.
func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

type conn struct{ s *script }

func (c conn) Prepare(query string) (driver.Stmt, error) { return stmt{c.s, query}, nil }
func (conn) Close() error                                { return nil }
func (conn) Begin() (driver.Tx, error)                   { return tx{}, nil }
func (conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return tx{}, nil
}

type tx struct{}

func (tx) Commit() error   { return nil }
func (tx) Rollback() error { return nil }

type stmt struct {
	s     *script
	query string
}

func (stmt) Close() error                               { return nil }
func (stmt) NumInput() int                              { return -1 }
func (stmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (stmt) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

func (st stmt) ExecContext(_ context.Context, args []driver.NamedValue) (driver.Result, error) {
	r, err := st.s.ask(st.query, args)
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(r.affected), nil
}

func (st stmt) QueryContext(_ context.Context, args []driver.NamedValue) (driver.Rows, error) {
	r, err := st.s.ask(st.query, args)
	if err != nil {
		return nil, err
	}
	return &rows{left: r.rows}, nil
}

type rows struct{ left [][]driver.Value }

func (r *rows) Columns() []string {
	if len(r.left) == 0 {
		return nil
	}
	return make([]string, len(r.left[0]))
}

func (*rows) Close() error { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if len(r.left) == 0 {
		return io.EOF
	}
	copy(dest, r.left[0])
	r.left = r.left[1:]
	return nil
}

// open returns a store on a script.
func open(t *testing.T, s *script, dialect sqlstore.Dialect) coatcheck.Store {
	t.Helper()
	db := sql.OpenDB(s)
	t.Cleanup(func() { db.Close() })
	store, err := sqlstore.Open(db, &sqlstore.Options{Dialect: dialect, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}
