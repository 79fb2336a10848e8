package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Sweep implements [coatcheck.Sweeper]. It finds what is due by an index, and
// deletes at most two hundred records at a time, whatever limit says. Where the
// database can, it passes over rows that somebody has locked: another sweep
// deletes them, or the next one does.
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if err := s.usable(ctx); err != nil {
		return coatcheck.SweepResult{}, err
	}
	if err := checkLimit(limit); err != nil {
		return coatcheck.SweepResult{}, err
	}
	from, err := parsePlace(cursor)
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	b := batch{from: from, before: before.UnixMilli(), limit: min(limit, maxBatch)}
	err = s.write(ctx, "sweep", func() error {
		b.deleted, b.met, b.last = 0, 0, from
		if s.opts.Dialect == MySQL {
			return s.sweepMySQL(ctx, &b)
		}
		return s.sweepAtOnce(ctx, &b)
	})
	if err != nil {
		return coatcheck.SweepResult{}, err
	}
	result := coatcheck.SweepResult{Deleted: b.deleted}
	if b.met == b.limit {
		result.Next = b.last.String()
	}
	return result, nil
}

// A batch is a part of a sweep.
type batch struct {
	from    place
	before  int64
	limit   int
	deleted int
	met     int   // rows that were due
	last    place // the last of them
}

// args are the arguments of the query for what is due.
func (b *batch) args() []any {
	return []any{b.from.bucket, b.from.id, b.before / hour, b.before, int64(b.limit)}
}

// meet notes a row. Its ID need not be one of ours: what somebody else has put
// there must not keep a sweep from going on.
func (b *batch) meet(bucket int64, id []byte) {
	b.met++
	if p := (place{bucket, id}); p.after(b.last) {
		b.last = p
	}
}

// sweepAtOnce is one attempt where one statement finds and deletes.
func (s *Store) sweepAtOnce(ctx context.Context, b *batch) error {
	var bucket int64
	var id blob
	err := s.sweep.rows(ctx, b.args(), func() error {
		b.meet(bucket, id.b)
		return nil
	}, &bucket, &id)
	b.deleted = b.met
	return err
}

// sweepMySQL is one attempt where it takes two statements. The level of
// isolation keeps them from locking what lies between the rows.
func (s *Store) sweepMySQL(ctx context.Context, b *batch) (err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
		}
	}()
	ids, err := s.lockDue(ctx, tx, b)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		// A scan of the table, which seems cheaper if that is small, would
		// wait for rows that are none of ours. Another name for the table
		// would be looked for in the connection's database, which it may lack.
		query, _ := s.lang.statement("DELETE @table FROM @table FORCE INDEX (PRIMARY) WHERE @id IN ($1" +
			strings.Repeat(", $1", len(ids)-1) + ") AND @expires <= $2")
		res, err := tx.ExecContext(ctx, query, append(ids, b.before)...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		b.deleted = int(n)
	}
	return tx.Commit()
}

// lockDue finds what is due, and locks it if nobody else has.
func (s *Store) lockDue(ctx context.Context, tx *sql.Tx, b *batch) (ids []any, err error) {
	query := s.sweep.query
	if !s.bluntly.Load() {
		query += " FOR UPDATE SKIP LOCKED"
	}
	rows, err := tx.QueryContext(ctx, query, s.sweep.arrange(b.args())...)
	if isSyntax(err) && !s.bluntly.Swap(true) {
		// An old server. What we find may be locked then, and the deletion
		// waits for it.
		rows, err = tx.QueryContext(ctx, s.sweep.query, s.sweep.arrange(b.args())...)
	}
	if err != nil {
		return nil, err
	}
	var bucket int64
	var id blob
	err = drain(rows, func() error {
		b.meet(bucket, id.b)
		ids = append(ids, full(id.b))
		return nil
	}, &bucket, &id)
	return ids, err
}

// isSyntax reports whether a server does not know what a statement says.
func isSyntax(err error) bool {
	c := codeOf(err)
	return c.kind == mysqlNumber && c.number == 1064
}
