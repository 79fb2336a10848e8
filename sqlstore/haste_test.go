package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// The packages of drivers with which a store takes shorter ways.
const (
	pgx     = "github.com/jackc/pgx/v5/stdlib"
	modernc = "modernc.org/sqlite"
)

// hastened returns a store on a script that it takes for that driver's.
func hastened(t *testing.T, s *script, dialect sqlstore.Dialect, driver string) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	store, db := openDB(t, s, dialect)
	store.Hasten(driver)
	return store, db
}

// stored is a record as a table has it.
func stored(rec *coatcheck.Record) []driver.Value {
	return []driver.Value{sqlstore.Head(rec), rec.Data, rec.Expires.UnixMilli()}
}

// TestDirectLoad: pgx is asked without a statement and without rows of package
// sql; the record is the same, and the connection goes back.
func TestDirectLoad(t *testing.T) {
	rec := record()
	s := &script{direct: true, answer: func(query string, args []driver.NamedValue) (reply, error) {
		if !strings.HasPrefix(query, asked) || len(args) != 1 || !slices.Equal(args[0].Value.([]byte), rec.ID[:]) {
			return reply{}, fmt.Errorf("asked %q with %v", query, args)
		}
		return reply{rows: [][]driver.Value{stored(rec)}}, nil
	}}
	store, db := hastened(t, s, sqlstore.PostgreSQL, pgx)
	for range 3 {
		got, err := store.Load(t.Context(), rec.ID)
		if err != nil || got.Owner != rec.Owner || string(got.Data) != string(rec.Data) || !got.Expires.Equal(rec.Expires) {
			t.Fatalf("%+v, %v", got, err)
		}
		got.Data[0] = 'x' // it is the caller's
	}
	if string(rec.Data) != "{}" {
		t.Error("the data is the driver's")
	}
	if n := s.open.Load(); n != 0 || db.Stats().InUse != 0 {
		t.Errorf("%d rows are open and %d connections in use", n, db.Stats().InUse)
	}
}

// TestDirectLoadFindsNone: no row is no session. A connection that ends is
// another matter, though drivers say both with io.EOF.
func TestDirectLoadFindsNone(t *testing.T) {
	s := &script{direct: true, answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, nil }}
	store, _ := hastened(t, s, sqlstore.PostgreSQL, pgx)
	if _, err := store.Load(t.Context(), coatcheck.ID{1}); !errors.Is(err, coatcheck.ErrNotFound) || s.count() != 1 {
		t.Errorf("error is %v after %d queries", err, s.count())
	}
	lost := fmt.Errorf("receiving: %w", io.EOF)
	s.answer = func(string, []driver.NamedValue) (reply, error) { return reply{end: lost}, nil }
	if _, err := store.Load(t.Context(), coatcheck.ID{1}); !errors.Is(err, lost) || errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("of a lost connection: error is %v", err)
	}
	if s.open.Load() != 0 {
		t.Error("rows are open")
	}
}

// TestDirectLoadIsNoPromise: where the direct way ends, the usual one is taken.
func TestDirectLoadIsNoPromise(t *testing.T) {
	rec := record()
	for name, direct := range map[string]func() (reply, error){
		"an error":             func() (reply, error) { return reply{}, errors.New("no cache") },
		"a bad connection":     func() (reply, error) { return reply{}, driver.ErrBadConn },
		"an error of the rows": func() (reply, error) { return reply{end: io.ErrUnexpectedEOF}, nil },
		"ErrSkip":              func() (reply, error) { return reply{}, driver.ErrSkip },
	} {
		s := &script{direct: true, answer: func(query string, _ []driver.NamedValue) (reply, error) {
			if strings.HasPrefix(query, asked) {
				return direct()
			}
			return reply{rows: [][]driver.Value{stored(rec)}}, nil
		}}
		store, db := hastened(t, s, sqlstore.PostgreSQL, pgx)
		if got, err := store.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if n := s.open.Load(); s.count() != 2 || n != 0 || db.Stats().InUse != 0 {
			t.Errorf("%s: %d queries, %d rows open, %d connections in use", name, s.count(), n, db.Stats().InUse)
		}
	}
}

// TestDirectLoadOfCorruptColumns: what somebody else put there is reported.
func TestDirectLoadOfCorruptColumns(t *testing.T) {
	s := &script{direct: true, answer: func(string, []driver.NamedValue) (reply, error) {
		return reply{rows: [][]driver.Value{{int64(1), "{}", "soon"}}}, nil
	}}
	store, _ := hastened(t, s, sqlstore.PostgreSQL, pgx)
	if _, err := store.Load(t.Context(), coatcheck.ID{1}); !errors.Is(err, coatcheck.ErrCorrupt) {
		t.Errorf("error is %v", err)
	}
}

// TestUnwatched: of a statement about one row this driver for SQLite sees no
// end of the context, so that it starts nothing to wait for it; of those about
// many it does. Each has its arguments.
func TestUnwatched(t *testing.T) {
	rec, brief := record(), true
	s := &script{answer: func(query string, args []driver.NamedValue) (reply, error) {
		for _, a := range args {
			if !driver.IsValue(a.Value) {
				return reply{}, fmt.Errorf("argument %d of %s is %T", a.Ordinal, query, a.Value)
			}
		}
		if strings.HasPrefix(query, "SELECT") {
			return reply{rows: [][]driver.Value{stored(rec)}}, nil
		}
		return reply{affected: 1}, nil
	}}
	s.meet = func(ctx context.Context, query string) {
		if _, bounded := ctx.Deadline(); (ctx.Done() == nil) != brief || !bounded {
			t.Errorf("%s: Done is %v, bounded %t", query, ctx.Done(), bounded)
		}
	}
	store, _ := hastened(t, s, sqlstore.SQLite, modernc)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := store.Load(ctx, rec.ID)
	if err != nil || got.Version != rec.Version {
		t.Errorf("Load: %+v, %v", got, err)
	}
	err = errors.Join(store.Create(ctx, rec), store.Replace(ctx, rec, 6), store.Touch(ctx, rec.ID, time.Now()), store.Delete(ctx, rec.ID))
	if err != nil {
		t.Error(err)
	}
	brief = false
	_, _ = store.Stat(ctx)
	_, _, _ = store.List(ctx, "", 10)
}

// TestUnwatchedAgain: the arguments of a statement that is repeated are still
// the same.
func TestUnwatchedAgain(t *testing.T) {
	rec, updates := record(), int64(0)
	s := &script{answer: func(query string, args []driver.NamedValue) (reply, error) {
		if strings.HasPrefix(query, "SELECT") { // the version is such that the update should have met it
			return reply{rows: [][]driver.Value{{int64(6), rec.Expires.UnixMilli(), rec.Deadline.UnixMilli()}}}, nil
		}
		if !slices.ContainsFunc(args, func(a driver.NamedValue) bool { b, _ := a.Value.([]byte); return string(b) == rec.Owner }) {
			return reply{}, fmt.Errorf("the owner is not in %v", args)
		}
		updates++
		return reply{affected: updates / 6}, nil // two each time
	}}
	store, _ := hastened(t, s, sqlstore.SQLite, modernc)
	if err := store.Replace(t.Context(), rec, 6); err != nil || updates != 6 {
		t.Errorf("error is %v after %d updates", err, updates)
	}
}

// TestUnwatchedWaits: the wait for a connection ends with the context.
func TestUnwatchedWaits(t *testing.T) {
	s := &script{answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, nil }}
	store, db := hastened(t, s, sqlstore.SQLite, modernc)
	if err := store.Delete(t.Context(), coatcheck.ID{1}); err != nil { // prepares
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := store.Delete(ctx, coatcheck.ID{1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

// TestSQLiteIndexes: SQLite writes the index of a column that is set, so first
// it is asked to leave alone what stays in nearly every case.
func TestSQLiteIndexes(t *testing.T) {
	var asked []string
	var within int64 // rows that the first statement changes
	s := &script{answer: func(query string, _ []driver.NamedValue) (reply, error) {
		set, where, _ := strings.Cut(query, "WHERE")
		asked = append(asked, set)
		if !strings.Contains(set, `"bucket" =`) && strings.Contains(where, `"bucket" =`) && !strings.Contains(set, `"owner" =`) {
			return reply{affected: within}, nil
		}
		return reply{affected: 1}, nil
	}}
	store := open(t, s, sqlstore.SQLite)
	for n, want := range []int{2, 1} {
		within = int64(n)
		for name, call := range map[string]func() error{
			"Replace": func() error { return store.Replace(t.Context(), record(), 6) },
			"Touch":   func() error { return store.Touch(t.Context(), coatcheck.ID{1}, time.Now()) },
		} {
			asked = nil
			if err := call(); err != nil || len(asked) != want {
				t.Errorf("%s: error is %v after %q, want %d statements", name, err, asked, want)
			}
		}
	}
}
