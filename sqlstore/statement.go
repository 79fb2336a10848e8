package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
)

// A statement is prepared when it is first used: Migrate may have to run
// before. From then on package sql prepares it on each connection that has not
// met it yet, so it survives the loss of any.
type statement struct {
	db    *sql.DB
	query string
	order []int // see language.statement
	brief bool  // it is run unwatched

	first *statement // is run before, and instead if it changes a row; nil: none

	prepared atomic.Pointer[sql.Stmt]
	mu       sync.Mutex // held while it is being prepared, and closed
	closed   bool
}

func (s *Store) statement(text string) *statement {
	query, order := s.lang.statement(text)
	return &statement{db: s.db, query: query, order: order}
}

// get returns the prepared statement.
func (st *statement) get(ctx context.Context) (*sql.Stmt, error) {
	if p := st.prepared.Load(); p != nil {
		return p, nil
	}
	// Several may prepare it at once. Waiting for each other would outlast
	// their contexts.
	p, err := st.db.PrepareContext(ctx, st.query)
	if err != nil {
		return nil, err
	}
	return st.keep(p)
}

// keep makes p the prepared statement, unless there is one.
func (st *statement) keep(p *sql.Stmt) (*sql.Stmt, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		p.Close()
		return nil, errClosed
	}
	if old := st.prepared.Load(); old != nil {
		p.Close()
		return old, nil
	}
	st.prepared.Store(p)
	return p, nil
}

// met makes of the error of p what its caller is to know. A stale one fails for
// ever: it goes, and whoever tries again prepares another one. To those who had it
// in their hands just then, package sql says that it is closed.
func (st *statement) met(p *sql.Stmt, err error) error {
	switch {
	case err == nil:
		return nil
	case isStale(err):
		if st.prepared.CompareAndSwap(p, nil) {
			_ = p.Close() // it was of no use any more
		}
	case st.prepared.Load() != p && err.Error() == "sql: statement is closed":
		return errReplaced
	}
	return err
}

func (st *statement) close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	var err error
	if st.first != nil {
		err = st.first.close()
	}
	if p := st.prepared.Load(); p != nil {
		err = errors.Join(err, p.Close())
	}
	return err
}

// arrange puts arguments into the order of the question marks.
func (st *statement) arrange(args []any) []any {
	if st.order == nil {
		return args
	}
	arranged := make([]any, len(st.order))
	for i, n := range st.order {
		arranged[i] = args[n]
	}
	return arranged
}

// call returns what to run the statement with.
func (st *statement) call(ctx context.Context, args []any) (context.Context, []any) {
	args = st.arrange(args)
	if st.brief {
		return unwatch(ctx, args)
	}
	return ctx, args
}

// exec runs the statement and returns the number of rows affected.
func (st *statement) exec(ctx context.Context, args ...any) (int64, error) {
	if st.first != nil {
		if n, err := st.first.exec(ctx, args...); n > 0 || err != nil {
			return n, err
		}
	}
	p, err := st.get(ctx)
	if err != nil {
		return 0, err
	}
	ctx, args = st.call(ctx, args)
	res, err := p.ExecContext(ctx, args...)
	if err != nil {
		return 0, st.met(p, err)
	}
	return res.RowsAffected()
}

// row runs a query for one row.
func (st *statement) row(ctx context.Context, args []any, into ...any) error {
	p, err := st.get(ctx)
	if err != nil {
		return err
	}
	ctx, args = st.call(ctx, args)
	return st.met(p, p.QueryRowContext(ctx, args...).Scan(into...))
}

// rows runs a query and calls each for each row, after scanning it.
func (st *statement) rows(ctx context.Context, args []any, each func() error, into ...any) error {
	p, err := st.get(ctx)
	if err != nil {
		return err
	}
	rows, err := p.QueryContext(ctx, st.arrange(args)...)
	if err == nil {
		err = drain(rows, each, into...)
	}
	return st.met(p, err)
}

// drain scans all rows.
func drain(rows *sql.Rows, each func() error, into ...any) error {
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
	return rows.Err()
}
