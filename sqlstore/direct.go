package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/coatcheck/coatcheck"
)

// direct runs the query of a load on a connection of the driver itself. That
// suits a driver which watches the context until the rows are closed, and which
// prepares by itself what it is asked repeatedly.
//
// Where it does not come through it is not sure, and the usual way is to be
// taken, which meets the same trouble, or finds another connection.
func (st *statement) direct(ctx context.Context, id coatcheck.ID) (r *row, sure bool, err error) {
	conn, err := st.db.Conn(ctx)
	if err != nil {
		return nil, true, err
	}
	q := direct{ctx: ctx, query: st.query, id: id}
	err = conn.Raw(q.run)
	_ = conn.Close() // it says so if Raw has closed it
	switch {
	case err != nil:
		return nil, false, nil
	case q.none:
		return nil, true, sql.ErrNoRows
	}
	return &q.row, true, nil
}

// A direct query is everything that the driver is handed and hands back, in
// one piece.
type direct struct {
	ctx   context.Context
	query string
	id    coatcheck.ID
	args  [1]driver.NamedValue
	dest  [3]driver.Value
	row   row
	none  bool // there is no such row
}

// run asks a driver's connection.
func (q *direct) run(conn any) error {
	asker, ok := conn.(driver.QueryerContext)
	if !ok {
		return driver.ErrSkip
	}
	q.args[0] = driver.NamedValue{Ordinal: 1, Value: q.id[:]}
	rows, err := asker.QueryContext(q.ctx, q.query, q.args[:])
	if err != nil {
		return err
	}
	return errors.Join(q.read(rows), rows.Close())
}

// read reads the row. What it scans is copied, since it is the driver's.
func (q *direct) read(rows driver.Rows) error {
	switch err := rows.Next(q.dest[:]); err {
	case nil:
	case io.EOF: // this very one, as in package sql: a lost connection's is wrapped
		q.none = true
		return nil
	default:
		return err
	}
	return errors.Join(q.row.head.Scan(q.dest[0]), q.row.data.Scan(q.dest[1]), q.row.expires.Scan(q.dest[2]))
}
