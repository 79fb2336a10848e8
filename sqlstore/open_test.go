package sqlstore_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestOptions: what breaks a rule is an error that names the field.
func TestOptions(t *testing.T) {
	db := sql.OpenDB(&script{})
	defer db.Close()
	for name, c := range map[string]struct {
		opts sqlstore.Options
		want string
	}{
		"dialect":          {sqlstore.Options{Dialect: 9}, "Options.Dialect"},
		"quote":            {sqlstore.Options{Table: `a"b`}, "Options.Table"},
		"semicolon":        {sqlstore.Options{Table: "a; DROP TABLE b"}, "Options.Table"},
		"two dots":         {sqlstore.Options{Table: "a.b.c"}, "Options.Table"},
		"no schema":        {sqlstore.Options{Table: ".b"}, "Options.Table"},
		"long":             {sqlstore.Options{Table: strings.Repeat("a", 57)}, "Options.Table"},
		"at sign":          {sqlstore.Options{Table: "a@id"}, "Options.Table"},
		"control":          {sqlstore.Options{Table: "a\x00"}, "Options.Table"},
		"column":           {sqlstore.Options{Columns: sqlstore.Columns{Owner: "a`"}}, "Options.Columns.Owner"},
		"the same column":  {sqlstore.Options{Columns: sqlstore.Columns{Owner: "X", Data: "x"}}, "Options.Columns.Owner"},
		"a default's name": {sqlstore.Options{Columns: sqlstore.Columns{Owner: "data"}}, "Options.Columns.Data"},
	} {
		if c.opts.Dialect == 0 {
			c.opts.Dialect = sqlstore.SQLite
		}
		_, err := sqlstore.Open(db, &c.opts)
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one of %s", name, err, c.want)
		}
	}
	if _, err := sqlstore.Open(nil, nil); !errors.Is(err, coatcheck.ErrInvalid) {
		t.Errorf("without a database: %v", err)
	}
}

// TestDetect: a driver that nobody knows is asked what it speaks.
func TestDetect(t *testing.T) {
	for version, want := range map[string]sqlstore.Dialect{
		"PostgreSQL 15.18 on x86_64": sqlstore.PostgreSQL, "10.11.14-MariaDB": sqlstore.MySQL, "8.0.36": sqlstore.MySQL,
		"": sqlstore.SQLite, "CockroachDB CCL": sqlstore.Detect,
	} {
		db := sql.OpenDB(&script{answer: func(query string, _ []driver.NamedValue) (reply, error) {
			switch {
			case version != "":
				return reply{rows: [][]driver.Value{{version}}}, nil
			case strings.Contains(query, "sqlite_version"):
				return reply{rows: [][]driver.Value{{"3.46.0"}}}, nil
			}
			return reply{}, errors.New("no such function: version")
		}})
		defer db.Close()
		store, err := sqlstore.Open(db, nil)
		if want == sqlstore.Detect {
			if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "Options.Dialect") {
				t.Errorf("%q: error is %v", version, err)
			}
			continue
		}
		if err != nil || store.Dialect() != want {
			t.Errorf("%q: %v, %v, want %v", version, store, err, want)
		}
	}
}

// TestSchema: the statements that make the table are the ones in testdata.
func TestSchema(t *testing.T) {
	for _, dialect := range []sqlstore.Dialect{sqlstore.SQLite, sqlstore.PostgreSQL, sqlstore.MySQL} {
		db := sql.OpenDB(&script{})
		defer db.Close()
		store, err := sqlstore.Open(db, &sqlstore.Options{Dialect: dialect, Table: "app.sessions", Columns: sqlstore.Columns{ID: "key"}})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, strings.ToLower(dialect.String())+".sql", []byte(store.Schema()))
	}
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("COATCHECK_GOLDEN") == "write" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs:\n%q\nwant\n%q", path, got, want)
	}
}
