package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Source is a table in which another library keeps its sessions, in the same
// database: a key, the data, and when the session ends.
type Source struct {
	// Table is the table's name, perhaps with a schema before it.
	Table string

	// Key, Data and Expires are the names of its columns. Key must be unique.
	Key, Data, Expires string

	// Time reads the column Expires: what the driver makes of it. Nil takes a
	// time; a text in one of the usual forms, in UTC unless it says otherwise;
	// a number of seconds or of milliseconds since 1970; or a Julian day with
	// a fraction, which is a number far below those.
	Time func(column any) (time.Time, error)
}

// An Entry is a session of another library.
type Entry struct {
	Key     string
	Data    []byte // as it is stored
	Expires time.Time
}

// importPage is how many rows are read at a time.
const importPage = 200

// Import copies the sessions of another library's table into the store, and
// returns how many those were. convert makes a record of each that has not
// expired; [coatcheck.Manager.NewRecord] helps with that. It returns nil for a
// session that is to be left out. An error of convert ends the import.
//
// Nothing is changed in the other table. What the store has already stays, so
// that an import which was cut short can be started again. But finish it before
// the store is in use: a session that has ended there since is still in the
// other table, and would come back.
func (s *Store) Import(ctx context.Context, from Source, convert func(Entry) (*coatcheck.Record, error)) (n int, err error) {
	if err := from.check(); err != nil {
		return 0, err
	}
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	for last := any(nil); ; {
		entries, err := s.entries(ctx, from, last)
		if err != nil {
			return n, err
		}
		for _, e := range entries {
			took, err := s.take(ctx, e.Entry, convert)
			if err != nil {
				return n, fmt.Errorf("sqlstore: import: after %d sessions: %w", n, err)
			}
			n += took
			last = e.key
		}
		if len(entries) < importPage {
			return n, nil
		}
	}
}

// check returns an error for a source with a name that no table or column has.
func (from *Source) check() error {
	if err := checkTable("Source.Table", from.Table); err != nil {
		return err
	}
	for field, name := range map[string]string{"Key": from.Key, "Data": from.Data, "Expires": from.Expires} {
		if err := checkName("Source."+field, name, maxName); err != nil {
			return err
		}
	}
	return nil
}

// take converts and stores one session, and returns how many it has stored.
func (s *Store) take(ctx context.Context, e Entry, convert func(Entry) (*coatcheck.Record, error)) (int, error) {
	if !s.opts.Now().Before(e.Expires) {
		return 0, nil
	}
	rec, err := convert(e)
	if rec == nil || err != nil {
		return 0, err
	}
	err = s.Create(ctx, rec)
	if errors.Is(err, coatcheck.ErrExists) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return 1, nil
}

// A foreign entry has its key as the driver knows it, too.
type foreign struct {
	Entry
	key any
}

// entries reads the page behind the key last, the first one if that is nil.
func (s *Store) entries(ctx context.Context, from Source, last any) (entries []foreign, err error) {
	for try := 0; ; try++ {
		entries, err := s.entriesOnce(ctx, from, last)
		if err == nil {
			return entries, nil
		}
		if !s.again(ctx, try, err, reading) {
			return nil, s.failed(ctx, "import", err)
		}
	}
}

func (s *Store) entriesOnce(ctx context.Context, from Source, last any) (entries []foreign, err error) {
	d := s.opts.Dialect
	key := d.quote(from.Key)
	query := fmt.Sprintf("SELECT %s, %s, %s FROM %s", key, d.quote(from.Data), d.quote(from.Expires), d.quoteTable(from.Table))
	var args []any
	if last != nil {
		mark, _ := language{dialect: d, names: s.lang.names}.statement("$1")
		query += " WHERE " + key + " > " + mark
		args = append(args, last)
	}
	rows, err := s.db.QueryContext(ctx, query+fmt.Sprintf(" ORDER BY %s LIMIT %d", key, importPage), args...)
	if err != nil {
		return nil, err
	}
	var k, ends any
	var data blob
	err = drain(rows, func() error {
		if b, ok := k.([]byte); ok && d == MySQL {
			k = string(b) // which is compared as the column is ordered
		}
		e := foreign{key: k, Entry: Entry{Key: text(k), Data: data.b}}
		if e.Expires, err = from.time(ends); err != nil {
			return fmt.Errorf("%w: column %q: %w", coatcheck.ErrInvalid, from.Expires, err)
		}
		entries = append(entries, e)
		return nil
	}, &k, &data, &ends)
	return entries, err
}

// text is a key in words.
func text(key any) string {
	if b, ok := key.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(key)
}

// time reads the column Expires.
func (from *Source) time(column any) (time.Time, error) {
	if from.Time != nil {
		return from.Time(column)
	}
	switch v := column.(type) {
	case time.Time:
		return v.UTC(), nil
	case int64:
		return sinceEpoch(v), nil
	case float64:
		return fractional(v)
	case []byte:
		return parseTime(string(v))
	case string:
		return parseTime(v)
	}
	return time.Time{}, fmt.Errorf("%T is no time; set Source.Time", column)
}

// sinceEpoch takes a number for milliseconds if it would be too great a number
// of seconds: the year 5138.
func sinceEpoch(n int64) time.Time {
	if n > 100_000_000_000 {
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}

// fractional takes a number for a Julian day up to the end of the year 9999,
// and else as sinceEpoch does.
func fractional(n float64) (time.Time, error) {
	const days, milliseconds, none = 5373484.5, 1e11, 1e15
	switch {
	case n < days:
		return julian(n), nil
	case n <= milliseconds:
		return time.UnixMilli(int64(math.Round(n * 1000))).UTC(), nil
	case n < none:
		return time.UnixMilli(int64(math.Round(n))).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%v is no time; set Source.Time", n)
}

// julian is the moment of a Julian day, which begins at noon.
func julian(day float64) time.Time {
	const epoch = 2440587.5 // 1970 began
	return time.UnixMilli(int64(math.Round((day - epoch) * 24 * hour))).UTC()
}

// parseTime reads a time as databases write it.
func parseTime(s string) (time.Time, error) {
	for _, form := range [...]string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time in a usual form; set Source.Time", s)
}
