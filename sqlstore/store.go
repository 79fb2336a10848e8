package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Store keeps records in a table. [Open] makes one; the zero value is of no
// use. It is safe for concurrent use. Users of sessions hand it to
// [coatcheck.New] and call none of its methods but Migrate, Import and Close.
//
// An error of the database is wrapped, so that errors.As finds the driver's.
type Store struct {
	db   *sql.DB
	opts Options
	lang language

	load, create, takeOver, replace, touch, look, remove *statement
	list, owned, sweep, stat                             *statement

	direct  bool        // loads ask the driver directly
	bluntly atomic.Bool // the server has no SKIP LOCKED
	refused atomic.Int64
	closed  atomic.Bool
}

var (
	_ coatcheck.Store      = (*Store)(nil)
	_ coatcheck.Lister     = (*Store)(nil)
	_ coatcheck.OwnerIndex = (*Store)(nil)
	_ coatcheck.Sweeper    = (*Store)(nil)
	_ coatcheck.Stater     = (*Store)(nil)
	_ io.Closer            = (*Store)(nil)
)

// errClosed is what every method returns after Close.
var errClosed = fmt.Errorf("sqlstore: store: %w", coatcheck.ErrClosed)

// Open returns a store in a table of db, which stays the caller's: Close leaves
// it open. Nil options are the defaults. The table need not exist yet; see
// [Store.Migrate].
//
// Open asks the database nothing if Options.Dialect says what it speaks, or if
// db's driver is a known one. Else it asks for its version; that it does not
// answer is an error. Options that break a rule are [coatcheck.ErrInvalid].
func Open(db *sql.DB, opts *Options) (*Store, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	if db == nil {
		return nil, fmt.Errorf("sqlstore: %w: the database is nil", coatcheck.ErrInvalid)
	}
	if o.Dialect == Detect {
		if o.Dialect, err = detect(db); err != nil {
			return nil, fmt.Errorf("sqlstore: open: %w", err)
		}
	}
	s := &Store{db: db, opts: o, lang: newLanguage(o.Dialect, o.Table, o.Columns)}
	create, sweep := textUpsert, textSweepPostgres
	switch o.Dialect {
	case SQLite:
		sweep = textSweepSQLite
	case MySQL:
		create, sweep = textInsert, textDueMySQL
	}
	s.load, s.create, s.takeOver = s.statement(textLoad), s.statement(create), s.statement(textTakeOver)
	s.replace, s.touch, s.look = s.statement(textReplace), s.statement(textTouch), s.statement(textLook)
	s.remove, s.list, s.owned = s.statement(textDelete), s.statement(textList), s.statement(textOwned)
	s.sweep, s.stat = s.statement(sweep), s.statement(textStat)
	if o.Dialect == SQLite {
		s.replace.first, s.touch.first = s.statement(textReplaceWithin), s.statement(textTouchWithin)
	}
	s.hasten(driverPath(db))
	return s, nil
}

// Dialect returns the dialect that the store speaks, never [Detect].
func (s *Store) Dialect() Dialect { return s.opts.Dialect }

// now is the store's time in milliseconds. Since records expire at whole ones,
// what is cut off does not matter.
func (s *Store) now() int64 { return s.opts.Now().UnixMilli() }

// usable returns the error of a context that is done or of a closed store.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return errClosed
	}
	return nil
}

// Delete implements [coatcheck.Store]. It is one statement.
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.write(ctx, "delete", func() error {
		_, err := s.remove.exec(ctx, id[:])
		return err
	})
}

// Close ends the use of the store: every method returns an error from then on.
// The database stays open. Closing it again has no effect.
func (s *Store) Close() error {
	s.closed.Store(true)
	var first error
	for _, st := range []*statement{s.load, s.create, s.takeOver, s.replace, s.touch, s.look, s.remove, s.list, s.owned, s.sweep, s.stat} {
		if err := st.close(); err != nil && first == nil {
			first = fmt.Errorf("sqlstore: close: %w", err)
		}
	}
	return first
}

// whole is a deadline as a column has it.
func whole(t time.Time) int64 { return t.UnixMilli() }
