package itest_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// A sqlDatabase is a database of a test, and a table name that is free.
type sqlDatabase struct {
	*sql.DB
	name, table string
}

// eachDatabase runs a test on every kind of database.
func eachDatabase(t *testing.T, test func(t *testing.T, db sqlDatabase)) {
	for name := range sqlOpeners {
		t.Run(name, func(t *testing.T) { test(t, database(t, name)) })
	}
}

// database opens a database by the name of its kind.
func database(t *testing.T, name string) sqlDatabase {
	t.Helper()
	dir := t.TempDir()
	driver, source, err := sourceOf(name, dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := openDB(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return sqlDatabase{db, name, tableOf(dir)}
}

// sourceOf returns the driver for a kind of database, and where it is.
func sourceOf(name, dir string) (driver, source string, err error) {
	addr := ""
	switch name {
	case "sqlite":
		return "sqlite", sqliteSource(dir), nil
	case "postgres":
		addr, err = sharedPostgres.address()
		return "pgx", servers.PostgresURL(addr), err
	case "mariadb":
		addr, err = sharedMariaDB.address()
		return "mysql", servers.MariaDBSource(addr), err
	}
	return "", "", fmt.Errorf("there is no database %q", name)
}

// do runs statements.
func (db sqlDatabase) do(t *testing.T, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// store opens a store in the free table and makes it.
func (db sqlDatabase) store(t *testing.T, opts sqlstore.Options) *sqlstore.Store {
	t.Helper()
	if opts.Table == "" {
		opts.Table = db.table
	}
	s, err := sqlstore.Open(db.DB, &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// sqlRecord is a record that lives for half an hour from now.
func sqlRecord(n int, now time.Time) *coatcheck.Record {
	now = now.UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{Owner: fmt.Sprintf("user-%d", n), Data: fmt.Appendf(nil, `{"views":%d,"name":"Ada"}`, n), Meta: []byte("meta"),
		Created: now, AuthTime: now, Deadline: now.Add(24 * time.Hour), Expires: now.Add(30 * time.Minute), Version: uint64(n) + 1}
	copy(rec.ID[:], fmt.Sprintf("%02x record %d", (n*167)%256, n))
	return rec
}

// must fails the test for an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSQLDataIsReadable: each database's own functions for JSON read the data,
// and data that is no text at all survives, too.
func TestSQLDataIsReadable(t *testing.T) {
	expression := map[string]string{
		"sqlite":   "CAST(data AS TEXT) ->> 'views'",
		"postgres": "convert_from(data, 'UTF8')::jsonb ->> 'views'",
		"mariadb":  "JSON_VALUE(CONVERT(data USING utf8mb4), '$.views')",
	}
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		s := db.store(t, sqlstore.Options{})
		rec := sqlRecord(42, time.Now())
		must(t, s.Create(t.Context(), rec))
		var views string
		must(t, db.QueryRowContext(t.Context(), "SELECT "+expression[db.name]+" FROM "+db.table).Scan(&views))
		if views != "42" {
			t.Errorf("the database reads %q views, want 42", views)
		}
		other := sqlRecord(43, time.Now())
		other.Data = []byte("\x00\xff\xfe{'\"\\")
		must(t, s.Create(t.Context(), other))
		got, err := s.Load(t.Context(), other.ID)
		if err != nil || !bytes.Equal(got.Data, other.Data) {
			t.Errorf("bytes come back as %+v, %v", got, err)
		}
	})
}

// TestMariaDBRowsFoundOrChanged: whether a connection counts rows found or rows
// changed makes no difference.
func TestMariaDBRowsFoundOrChanged(t *testing.T) {
	for _, found := range []bool{false, true} {
		db := database(t, "mariadb")
		addr, err := sharedMariaDB.address()
		must(t, err)
		db.DB, err = openDB("mysql", fmt.Sprintf("%s?clientFoundRows=%v", servers.MariaDBSource(addr), found))
		must(t, err)
		defer db.Close()
		s := db.store(t, sqlstore.Options{})
		rec := sqlRecord(1, time.Now())
		other := *rec
		other.Version = 99
		steps := []struct {
			name string
			err  error
			want error
		}{
			{"Create", s.Create(t.Context(), rec), nil},
			{"Create again", s.Create(t.Context(), rec), coatcheck.ErrExists},
			{"Replace by the same", s.Replace(t.Context(), rec, rec.Version), nil},
			{"Replace at another version", s.Replace(t.Context(), &other, rec.Version+1), coatcheck.ErrConflict},
			{"Touch to the same time", s.Touch(t.Context(), rec.ID, rec.Expires), nil},
			{"Touch of nothing", s.Touch(t.Context(), coatcheck.ID{9}, rec.Expires), coatcheck.ErrNotFound},
			{"Replace of nothing", s.Replace(t.Context(), sqlRecord(2, time.Now()), 1), coatcheck.ErrNotFound},
		}
		old := sqlRecord(3, time.Now().Add(-time.Hour))
		steps = append(steps, struct {
			name string
			err  error
			want error
		}{"Create of what has expired already", s.Create(t.Context(), old), nil}, struct {
			name string
			err  error
			want error
		}{"Create of the same over it", s.Create(t.Context(), old), nil})
		for _, step := range steps {
			if !is(step.err, step.want) {
				t.Errorf("rows found %v: %s: error is %v, want %v", found, step.name, step.err, step.want)
			}
		}
	}
}

// TestPostgresTouchesAreHot: hardly any change of a session in use touches an
// index, though every change moves its end.
func TestPostgresTouchesAreHot(t *testing.T) {
	db := database(t, "postgres")
	now := clock{}
	now.set(theEpoch)
	s := db.store(t, sqlstore.Options{Now: now.now})
	const sessions, minutes = 200, 60
	recs := make([]*coatcheck.Record, sessions)
	for i := range recs {
		recs[i] = sqlRecord(i, now.now())
		recs[i].Data = bytes.Repeat([]byte{'x'}, 400)
		must(t, s.Create(t.Context(), recs[i]))
	}
	for minute := range minutes {
		now.move(time.Minute)
		for i, rec := range recs {
			end := now.now().Add(30 * time.Minute)
			if (i+minute)%4 > 0 {
				must(t, s.Touch(t.Context(), rec.ID, end))
				continue
			}
			next := *rec
			next.Version, next.Expires = rec.Version+1<<32, end
			must(t, s.Replace(t.Context(), &next, rec.Version))
			recs[i] = &next
		}
	}
	updates, hot := updatesOf(t, db, sessions*minutes)
	t.Logf("%d of %d updates were HOT (%.1f %%)", hot, updates, 100*float64(hot)/float64(updates))
	if 100*hot < 95*updates {
		t.Error("that is less than 95 %")
	}
}

// updatesOf waits until the server's counters have seen so many updates of a
// table.
func updatesOf(t *testing.T, db sqlDatabase, least int) (updates, hot int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		must(t, db.QueryRowContext(t.Context(), "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = $1", db.table).Scan(&updates, &hot))
		if updates >= least {
			return updates, hot
		}
	}
	t.Fatalf("the server has counted %d updates of %d", updates, least)
	return 0, 0
}

// TestPostgresReadsWriteNothing: a request that only reads changes no row.
func TestPostgresReadsWriteNothing(t *testing.T) {
	db := database(t, "postgres")
	s := db.store(t, sqlstore.Options{})
	m, err := coatcheck.New(s, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	must(t, err)
	defer m.Close()
	token, err := coatcheck.ParseToken(strings.Repeat("x", 42) + "A")
	must(t, err)
	rec, err := m.NewRecord(token, "ada", []byte(`{"views":1}`), time.Now().Add(time.Hour))
	must(t, err)
	must(t, s.Create(t.Context(), rec))
	for range 50 {
		session, err := m.Open(t.Context(), token)
		must(t, err)
		if n := coatcheck.NewKey[int]("views").Get(session); n != 1 {
			t.Fatalf("%d views", n)
		}
	}
	// A change by another connection marks the end of what is counted.
	must(t, s.Touch(t.Context(), rec.ID, time.Now().Add(2*time.Hour)))
	var dead, inserts int
	if n, _ := updatesOf(t, db, 1); n != 1 {
		t.Errorf("50 requests that only read changed %d rows, want none but our own", n-1)
	}
	must(t, db.QueryRowContext(t.Context(), "SELECT n_tup_ins, n_tup_del FROM pg_stat_user_tables WHERE relname = $1", db.table).Scan(&inserts, &dead))
	if inserts != 1 || dead != 0 {
		t.Errorf("%d rows were added and %d deleted", inserts, dead)
	}
}

// background is the context of what outlasts a test's.
var background = context.Background()
