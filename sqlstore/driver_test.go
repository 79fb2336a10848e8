package sqlstore_test

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// A script is a database that answers as a test says, and remembers what it was
// asked.
type script struct {
	answer func(query string, args []driver.NamedValue) (reply, error)
	meet   func(ctx context.Context, query string) // is told what comes, before
	direct bool                                    // a connection may be asked without a statement
	open   atomic.Int64                            // rows that are not closed

	mu    sync.Mutex
	heard []string
	conns int
}

// A reply is a number of affected rows, or the rows of a query.
type reply struct {
	affected int64
	rows     [][]driver.Value
	end      error // what the rows end with, io.EOF if nil
}

func (s *script) Connect(context.Context) (driver.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++
	return conn{s}, nil
}

func (s *script) Driver() driver.Driver { return s }

func (s *script) Open(string) (driver.Conn, error) { return s.Connect(context.Background()) }

func (s *script) ask(ctx context.Context, query string, args []driver.NamedValue) (reply, error) {
	if s.meet != nil {
		s.meet(ctx, query)
	}
	s.mu.Lock()
	s.heard = append(s.heard, query)
	s.mu.Unlock()
	return s.answer(query, args)
}

// count returns the number of statements so far.
func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

type conn struct{ s *script }

func (c conn) Prepare(query string) (driver.Stmt, error) { return stmt{c.s, query}, nil }
func (conn) Close() error                                { return nil }
func (conn) Begin() (driver.Tx, error)                   { return tx{}, nil }
func (conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return tx{}, nil
}

// QueryContext asks without a statement.
func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !c.s.direct {
		return nil, driver.ErrSkip
	}
	return c.s.query(ctx, asked+query, args)
}

// asked stands before a query that was asked without a statement.
const asked = "asked: "

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

func (st stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	r, err := st.s.ask(ctx, st.query, args)
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(r.affected), nil
}

func (st stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return st.s.query(ctx, st.query, args)
}

// query is ask for rows.
func (s *script) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := s.ask(ctx, query, args)
	if err != nil {
		return nil, err
	}
	columns := 3 // of a load
	if len(r.rows) > 0 {
		columns = len(r.rows[0])
	}
	s.open.Add(1)
	return &rows{s: s, columns: columns, left: r.rows, end: cmp.Or(r.end, io.EOF)}, nil
}

type rows struct {
	s       *script
	columns int
	left    [][]driver.Value
	end     error
}

func (r *rows) Columns() []string { return make([]string, r.columns) }

func (r *rows) Close() error {
	r.s.open.Add(-1)
	return nil
}

func (r *rows) Next(dest []driver.Value) error {
	if len(r.left) == 0 {
		return r.end
	}
	copy(dest, r.left[0])
	r.left = r.left[1:]
	return nil
}

// open returns a store on a script.
func open(t *testing.T, s *script, dialect sqlstore.Dialect) coatcheck.Store {
	t.Helper()
	store, _ := openDB(t, s, dialect)
	return store
}

// openDB is open for those who look at the database handle, or within the store.
func openDB(t *testing.T, s *script, dialect sqlstore.Dialect) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	db := sql.OpenDB(s)
	t.Cleanup(func() { db.Close() })
	store, err := sqlstore.Open(db, &sqlstore.Options{Dialect: dialect, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store, db
}
