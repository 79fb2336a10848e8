package sqlstore

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Options configure a [Store]. The zero value, like a nil pointer, stands for
// the defaults. [Open] copies them.
type Options struct {
	// Dialect is the database's. Default [Detect].
	Dialect Dialect

	// Table is where the records are, perhaps with a schema before it, as in
	// "app.sessions". It is case-sensitive where the database's quoted names
	// are. Default "coatcheck_sessions".
	Table string

	// Columns are the names of the table's columns. Empty ones stand for the
	// defaults.
	Columns Columns

	// Now is the clock by which records expire. Default [time.Now].
	Now func() time.Time

	// Logger receives a warning for each damaged row that a listing meets, and
	// is told, at the level of debugging, when a statement is repeated. Default
	// [slog.Default].
	Logger *slog.Logger
}

// defaultTable is the default of Options.Table.
const defaultTable = "coatcheck_sessions"

// filled returns a copy of o with every default put in, but the dialect, or an
// error that names the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Dialect < Detect || f.Dialect > MySQL {
		return f, fmt.Errorf("sqlstore: %w: Options.Dialect is %d; it must be SQLite, PostgreSQL, MySQL or Detect", coatcheck.ErrInvalid, f.Dialect)
	}
	if f.Table == "" {
		f.Table = defaultTable
	}
	if err := checkTable("Options.Table", f.Table); err != nil {
		return f, err
	}
	f.Columns = f.Columns.filled()
	if err := f.Columns.check(); err != nil {
		return f, err
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.Logger == nil {
		f.Logger = slog.Default()
	}
	return f, nil
}
