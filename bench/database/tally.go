package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// A tally counts the statements that reach a database, and those among them
// that are no SELECT. It is safe for concurrent use.
type tally struct{ statements, writes atomic.Int64 }

func (t *tally) add(statement string) {
	t.statements.Add(1)
	if verb := strings.ToUpper(strings.TrimSpace(statement)); !strings.HasPrefix(verb, "SELECT") {
		t.writes.Add(1)
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *tally) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	t.add(data.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *tally) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A tallyConnector opens connections whose statements are counted.
type tallyConnector struct {
	driver driver.Driver
	source string
	tally  *tally
}

// Driver implements driver.Connector.
func (c *tallyConnector) Driver() driver.Driver { return c.driver }

// Connect implements driver.Connector.
func (c *tallyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.source)
	if err != nil {
		return nil, err
	}
	return &tallyConn{conn, c.tally}, nil
}

// A tallyConn is a connection whose statements are counted. What the driver's
// cannot do, package sql does in another way.
type tallyConn struct {
	driver.Conn
	tally *tally
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *tallyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	var (
		stmt driver.Stmt
		err  error
	)
	if p, ok := c.Conn.(driver.ConnPrepareContext); ok {
		stmt, err = p.PrepareContext(ctx, query)
	} else {
		stmt, err = c.Conn.Prepare(query)
	}
	if err != nil {
		return nil, err
	}
	return &tallyStmt{stmt, query, c.tally}, nil
}

// QueryContext implements driver.QueryerContext.
func (c *tallyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	q, ok := c.Conn.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	rows, err := q.QueryContext(ctx, query, args)
	if !errors.Is(err, driver.ErrSkip) {
		c.tally.add(query)
	}
	return rows, err
}

// ExecContext implements driver.ExecerContext.
func (c *tallyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	e, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	result, err := e.ExecContext(ctx, query, args)
	if !errors.Is(err, driver.ErrSkip) {
		c.tally.add(query)
	}
	return result, err
}

// BeginTx implements driver.ConnBeginTx.
func (c *tallyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	b, ok := c.Conn.(driver.ConnBeginTx)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	c.tally.add("BEGIN")
	return b.BeginTx(ctx, opts)
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *tallyConn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.Conn.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// A tallyStmt is a prepared statement that is counted when it runs.
type tallyStmt struct {
	driver.Stmt
	query string
	tally *tally
}

// QueryContext implements driver.StmtQueryContext.
func (s *tallyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	q, ok := s.Stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	s.tally.add(s.query)
	return q.QueryContext(ctx, args)
}

// ExecContext implements driver.StmtExecContext.
func (s *tallyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	e, ok := s.Stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	s.tally.add(s.query)
	return e.ExecContext(ctx, args)
}
