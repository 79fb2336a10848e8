package main

import (
	"strings"
	"testing"
)

// TestTally checks that statements and writes are told apart, and counted for
// queries that are prepared and for those that are not.
func TestTally(t *testing.T) {
	b, err := startBackend(sqliteName)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.stop() }()
	counts := new(tally)
	db, err := openSQL(place{backend: b, Pool: 2, tally: counts}, "CREATE TABLE t (n INTEGER)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	insert, err := db.Prepare(" insert INTO t VALUES (?)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := insert.Exec(1); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT n FROM t WHERE n = ?", 1).Scan(&n); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if s, w := counts.statements.Load(), counts.writes.Load(); s != 4 || w != 3 {
		t.Errorf("%d statements, %d that write; want 4 (CREATE, INSERT, SELECT, BEGIN) and 3", s, w)
	}
}

// TestFilesTold checks that a change in a directory is seen.
func TestFilesTold(t *testing.T) {
	b, err := startBackend(filesName)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.stop() }()
	r := &row{place: place{backend: b, Site: "coatcheck, filestore", Pool: 1}, writes: map[string]float64{}}
	cells, err := countRow(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(cells, "; "), "nothing written; nothing written; written"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSiteUnknown checks that a server process is not started for nothing.
func TestSiteUnknown(t *testing.T) {
	if h, err := openPlace(place{backend: backend{Name: sqliteName}, Site: "web.py"}); err == nil {
		t.Errorf("opened %v", h)
	}
}
