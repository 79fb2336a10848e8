package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// Errors as the drivers have them.
type (
	stateError  string
	numberError struct{ Number uint16 }
	codeError   int
	extended    struct{ ExtendedCode int }
	embedding   struct{ *numberError } // which is nil
)

func (e stateError) Error() string    { return "server says " + string(e) }
func (e stateError) SQLState() string { return string(e) }
func (e *numberError) Error() string  { return fmt.Sprint("server says ", e.Number) }
func (e codeError) Error() string     { return "a code" }
func (e codeError) Code() int         { return int(e) }
func (e extended) Error() string      { return "a field" }
func (e embedding) Error() string     { return "one of another library" }

func record() *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return &coatcheck.Record{ID: coatcheck.ID{1}, Owner: "ada", Data: []byte("{}"), Meta: []byte("meta"),
		Created: now, AuthTime: now, Deadline: now.Add(time.Hour), Expires: now.Add(time.Minute), Version: 7}
}

// TestTransientErrorsAreRepeated: a statement that has certainly had no effect
// is tried again; of every driver's errors the store knows which those are.
func TestTransientErrorsAreRepeated(t *testing.T) {
	for _, transient := range []error{
		stateError("40001"), stateError("40P01"), stateError("55P03"),
		&numberError{1213}, &numberError{1205}, codeError(5), codeError(6), codeError(5 | 2<<8), extended{261},
		stateError("26000"), &numberError{1243}, &numberError{1615}, // the server has forgotten a prepared statement
		errors.New("database is locked"), fmt.Errorf("wrapped: %w", stateError("40001")), driver.ErrBadConn,
	} {
		fails := 8 // package sql itself makes three attempts at a bad connection
		s := &script{answer: func(string, []driver.NamedValue) (reply, error) {
			if fails--; fails >= 0 {
				return reply{}, transient
			}
			return reply{affected: 1}, nil
		}}
		if err := open(t, s, sqlstore.PostgreSQL).Replace(t.Context(), record(), 6); err != nil {
			t.Errorf("after %v: %v", transient, err)
		}
		if n := s.count(); n != 9 {
			t.Errorf("after %v: %d statements, want 9", transient, n)
		}
	}
}

// TestUnknownOutcomesAreNotRepeated: an error that leaves open whether the
// change was made is returned as it is, after one statement.
func TestUnknownOutcomesAreNotRepeated(t *testing.T) {
	for _, unknown := range []error{
		errors.New("connection reset by peer"), stateError("08006"), stateError("57P01"), stateError("40003"), &numberError{2013}, codeError(10),
	} {
		s := &script{answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, unknown }}
		store := open(t, s, sqlstore.PostgreSQL)
		for name, call := range map[string]func() error{
			"Create":  func() error { return store.Create(t.Context(), record()) },
			"Replace": func() error { return store.Replace(t.Context(), record(), 6) },
			"Touch":   func() error { return store.Touch(t.Context(), coatcheck.ID{1}, time.Now()) },
			"Delete":  func() error { return store.Delete(t.Context(), coatcheck.ID{1}) },
		} {
			before := s.count()
			err := call()
			if !errors.Is(err, unknown) {
				t.Errorf("%s after %v: error is %v", name, unknown, err)
			}
			for _, known := range []error{coatcheck.ErrNotFound, coatcheck.ErrConflict, coatcheck.ErrExists, coatcheck.ErrFull} {
				if errors.Is(err, known) {
					t.Errorf("%s after %v: error is %v, which says too much", name, unknown, err)
				}
			}
			if n := s.count() - before; n != 1 {
				t.Errorf("%s after %v: %d statements, want 1", name, unknown, n)
			}
		}
	}
}

// TestLoadOutlivesItsConnection: a query that changes nothing is repeated on
// another connection, though all that the pool has were ended at once.
func TestLoadOutlivesItsConnection(t *testing.T) {
	for _, lost := range []error{stateError("57P01"), &numberError{2013}, errors.New("invalid connection")} {
		rec, fails := record(), 40
		s := &script{answer: func(string, []driver.NamedValue) (reply, error) {
			if fails--; fails >= 0 {
				return reply{}, lost
			}
			return reply{rows: [][]driver.Value{{sqlstore.Head(rec), rec.Data, rec.Expires.UnixMilli()}}}, nil
		}}
		got, err := open(t, s, sqlstore.PostgreSQL).Load(t.Context(), rec.ID)
		if err != nil || got.Owner != "ada" || got.Version != 7 {
			t.Errorf("after %v: %+v, %v", lost, got, err)
		}
	}
}

// TestRepeatingEndsWithTheContext: the error says that time was up, and why.
func TestRepeatingEndsWithTheContext(t *testing.T) {
	busy := codeError(5)
	s := &script{answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, busy }}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err := open(t, s, sqlstore.SQLite).Delete(ctx, coatcheck.ID{1})
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, busy) {
		t.Errorf("error is %v", err)
	}
}

// TestRefusalsHaveTheirNames: no room, too large, no table.
func TestRefusalsHaveTheirNames(t *testing.T) {
	for _, c := range []struct {
		err  error
		want error
		text string
	}{
		{stateError("53100"), coatcheck.ErrFull, ""},
		{&numberError{1114}, coatcheck.ErrFull, ""},
		{codeError(13), coatcheck.ErrFull, ""},
		{&numberError{1153}, coatcheck.ErrTooLarge, ""},
		{codeError(18), coatcheck.ErrTooLarge, ""},
		{errors.New("Error 1105 (HY000): Parameter of prepared statement is longer than 'max_allowed_packet' bytes"), coatcheck.ErrTooLarge, ""},
		{stateError("42P01"), nil, "Store.Migrate"},
		{&numberError{1146}, nil, "Store.Migrate"},
		{errors.New("no such table: x"), nil, "Store.Migrate"},
	} {
		s := &script{answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, c.err }}
		err := open(t, s, sqlstore.PostgreSQL).Create(t.Context(), record())
		if !errors.Is(err, c.err) || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v becomes %v", c.err, err)
		}
	}
}

// TestStatements: a change is one statement, and a second one if it found
// nothing to change; a load is always one.
func TestStatements(t *testing.T) {
	affected := int64(1)
	rec := record()
	s := &script{answer: func(query string, _ []driver.NamedValue) (reply, error) {
		if strings.HasPrefix(query, "SELECT \"head\"") {
			return reply{rows: [][]driver.Value{{sqlstore.Head(rec), rec.Data, rec.Expires.UnixMilli()}}}, nil
		}
		if strings.HasPrefix(query, "SELECT") {
			return reply{rows: [][]driver.Value{{int64(9), rec.Expires.UnixMilli(), rec.Deadline.UnixMilli()}}}, nil
		}
		return reply{affected: affected}, nil
	}}
	store := open(t, s, sqlstore.PostgreSQL)
	expect := func(name string, want int, wantErr error, call func() error) {
		t.Helper()
		before := s.count()
		if err := call(); !errors.Is(err, wantErr) {
			t.Errorf("%s: error is %v, want %v", name, err, wantErr)
		}
		if n := s.count() - before; n != want {
			t.Errorf("%s: %d statements, want %d", name, n, want)
		}
	}
	load := func() error { _, err := store.Load(t.Context(), rec.ID); return err }
	create := func() error { return store.Create(t.Context(), rec) }
	replace := func() error { return store.Replace(t.Context(), rec, 6) }
	touch := func() error { return store.Touch(t.Context(), rec.ID, rec.Expires) }
	remove := func() error { return store.Delete(t.Context(), rec.ID) }
	expect("Load", 1, nil, load)
	expect("Create", 1, nil, create)
	expect("Replace", 1, nil, replace)
	expect("Touch", 1, nil, touch)
	expect("Delete", 1, nil, remove)
	affected = 0
	expect("Create of what exists", 1, coatcheck.ErrExists, create)
	expect("Replace at another version", 2, coatcheck.ErrConflict, replace)
	expect("Touch to an earlier time", 2, nil, touch)
	expect("Delete of nothing", 1, nil, remove)
}

// TestMySQLCountsChangedRows: an update that found its row and changed nothing
// affects none there, unless the connection is told to count those found.
func TestMySQLCountsChangedRows(t *testing.T) {
	rec := record()
	s := &script{answer: func(query string, _ []driver.NamedValue) (reply, error) {
		if strings.HasPrefix(query, "SELECT") {
			return reply{rows: [][]driver.Value{{int64(rec.Version), rec.Expires.UnixMilli(), rec.Deadline.UnixMilli()}}}, nil
		}
		return reply{}, nil
	}}
	if err := open(t, s, sqlstore.MySQL).Replace(t.Context(), rec, rec.Version); err != nil {
		t.Errorf("Replace by the same record: %v", err)
	}
}

// TestRequirement26NothingIsTakenForSQL: whatever stands in an ID, an owner or the data is a
// parameter.
func TestRequirement26NothingIsTakenForSQL(t *testing.T) {
	const evil = "' OR 1=1--"
	s := &script{answer: func(query string, _ []driver.NamedValue) (reply, error) {
		if strings.Contains(query, "OR 1=1") {
			t.Errorf("a statement is %q", query)
		}
		return reply{affected: 1}, nil
	}}
	store := open(t, s, sqlstore.MySQL)
	rec := record()
	copy(rec.ID[:], evil)
	rec.Owner, rec.Data, rec.Meta = evil, []byte(evil), []byte(evil)
	for _, err := range []error{store.Create(t.Context(), rec), store.Replace(t.Context(), rec, 1), store.Delete(t.Context(), rec.ID)} {
		if err != nil {
			t.Error(err)
		}
	}
	if _, _, err := store.(coatcheck.OwnerIndex).Owned(t.Context(), evil, "", 10); err != nil {
		t.Error(err)
	}
}

// TestForeignErrors: an error of a kind that nobody knows is passed on.
func TestForeignErrors(t *testing.T) {
	want := embedding{}
	s := &script{answer: func(string, []driver.NamedValue) (reply, error) { return reply{}, want }}
	if err := open(t, s, sqlstore.MySQL).Replace(t.Context(), record(), 6); !errors.Is(err, want) || s.count() != 1 {
		t.Errorf("error is %v after %d statements, want it after one", err, s.count())
	}
}
