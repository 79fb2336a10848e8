package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// Migrate makes the table and its indexes, or adds to an existing table what
// it lacks of them: a later release may need more. It may be called at each
// start, by many processes at once. When all is there it only looks, for which
// the right to read is enough.
//
// A table of that name that is not ours is [coatcheck.ErrInvalid]; it is left
// as it is. So are an index that cannot be made, because something else has its
// name, and connections to MySQL without autocommit.
func (s *Store) Migrate(ctx context.Context) error {
	return s.write(ctx, "migrate", func() error {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := s.commits(ctx, conn); err != nil {
			return err
		}
		if complete, err := s.complete(ctx, conn); complete || err != nil {
			return err
		}
		if s.opts.Dialect != PostgreSQL {
			return s.build(ctx, conn)
		}
		if err := s.alone(ctx, conn); err != nil {
			return err
		}
		return s.finished(ctx, conn)
	})
}

// commits returns an error for connections of MySQL that commit nothing by
// themselves: what they say that they have done would never be.
func (s *Store) commits(ctx context.Context, conn *sql.Conn) error {
	if s.opts.Dialect != MySQL {
		return nil
	}
	auto := true
	if err := conn.QueryRowContext(ctx, "SELECT @@autocommit").Scan(&auto); err != nil || auto {
		return err
	}
	return fmt.Errorf("%w: autocommit is off in the database, so that no change would last: add autocommit=1 to the data source name, or turn it on in the server", coatcheck.ErrInvalid)
}

// finished returns an error if an index was not made, since PostgreSQL takes
// anything of its name for it.
func (s *Store) finished(ctx context.Context, conn *sql.Conn) error {
	complete, err := s.complete(ctx, conn)
	if complete || err != nil {
		return err
	}
	return fmt.Errorf("%w: an index is missing, because something else is called %s_bucket or %[2]s_owner, or the index is marked invalid: drop or rename that, or choose another Options.Table",
		coatcheck.ErrInvalid, s.bareTable())
}

// complete reports whether there is nothing to make. What makes only what is
// missing needs the right to make it all the same, and on PostgreSQL a lock: it
// waits for a VACUUM to end, and everybody who writes waits behind it.
func (s *Store) complete(ctx context.Context, conn *sql.Conn) (bool, error) {
	bucket, err := s.missing(ctx, conn)
	switch {
	case err != nil && isMissing(err):
		return false, nil
	case bucket || err != nil:
		return false, err
	case s.opts.Dialect == MySQL:
		return true, nil // the indexes came with the table
	case s.opts.Dialect == SQLite:
		return false, nil // it looks by itself
	}
	var indexes int
	err = conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = CAST(CAST($1 AS text) AS regclass) AND indisvalid AND relname IN ($2, $3)`,
		s.lang.say("@table"), s.bareTable()+"_bucket", s.bareTable()+"_owner").Scan(&indexes)
	return indexes == 2, err
}

// A runner is a connection or a transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// alone builds in a transaction with a lock: on PostgreSQL, several processes
// that make the same table get in each other's way.
func (s *Store) alone(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // or it is committed by then
	h := fnv.New64a()
	h.Write([]byte("coatcheck " + s.opts.Table))
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(h.Sum64())); err != nil {
		return err
	}
	if err := s.build(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// build makes what is missing.
func (s *Store) build(ctx context.Context, r runner) error {
	sch := s.schema()
	if _, err := r.ExecContext(ctx, sch.table); err != nil {
		return err
	}
	missing, err := s.missing(ctx, r)
	if err != nil {
		return err
	}
	if missing {
		if err := s.addBucket(ctx, r, sch); err != nil {
			return err
		}
	}
	for _, index := range sch.indexes {
		if _, err := r.ExecContext(ctx, index); err != nil {
			return err
		}
	}
	return nil
}

// missing reports whether the table lacks the bucket. One that lacks more is
// not ours.
func (s *Store) missing(ctx context.Context, r runner) (bucket bool, err error) {
	rows, err := r.QueryContext(ctx, s.lang.say("SELECT * FROM @table WHERE 1 = 0"))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return false, err
	}
	have := map[string]bool{}
	for _, name := range names {
		have[strings.ToLower(name)] = true
	}
	for _, c := range s.opts.Columns.all() {
		switch there := have[strings.ToLower(*c.name)]; {
		case there:
		case c.token == "bucket":
			bucket = true
		default:
			return false, fmt.Errorf("%w: table %s has no column %q: it is not one of this package; choose another Options.Table, or see Store.Import",
				coatcheck.ErrInvalid, s.opts.Table, *c.name)
		}
	}
	return bucket, rows.Err()
}

// addBucket adds the column by which a sweep finds what is due. Until its rows
// have their hours they have that of 1970, which only costs a sweep time.
func (s *Store) addBucket(ctx context.Context, r runner, sch schema) error {
	alter := "ALTER TABLE @table ADD COLUMN " + sch.bucket
	if s.opts.Dialect == MySQL {
		alter += ", ADD KEY " + s.index("bucket") + " (@bucket, @id)"
	}
	if _, err := r.ExecContext(ctx, s.lang.say(alter)); err != nil {
		// Another process may have been faster.
		if missing, merr := s.missing(ctx, r); missing || merr != nil {
			return err
		}
	}
	_, err := r.ExecContext(ctx, s.lang.say("UPDATE @table SET @bucket = @expires @div 3600000"))
	return err
}
