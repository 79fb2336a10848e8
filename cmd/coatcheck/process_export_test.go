//go:build linux

package main

import (
	"database/sql"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
)

// TestTwoExports: two exports into one file at once are both whole, one after
// the other, and leave nothing beside it.
func TestTwoExports(t *testing.T) {
	_, args := copyStore(t)
	from := args[1]
	out := filepath.Join(filepath.Dir(strings.TrimPrefix(from, "hash:")), "all.ndjson")
	var both [2]*exec.Cmd
	for i := range both {
		both[i] = exec.CommandContext(t.Context(), build(t), "export", "-s", from, "-o", out, "--rate", "1000")
		if err := both[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, cmd := range both {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got := do(t, "", "import", "-s", "mem:", "--dry-run", out); !strings.HasPrefix(got.stdout, "300 sessions would be imported") {
		t.Errorf("%+v", got)
	}
	if left, _ := filepath.Glob(out + ".*"); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
}

// TestExportOfADamagedRow: a row of a database that is damaged is left out of an
// export, which says so, as check does.
func TestExportOfADamagedRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	store := "sqlite:" + path
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	do(t, "old1 {}\nold2 {}\nold3 {}\n", "put", "-s", store, "--foreign").wants(t, exit.OK, "")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "UPDATE coatcheck_sessions SET head = x'00' WHERE id = (SELECT min(id) FROM coatcheck_sessions)")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "all.ndjson")
	if got := do(t, "", "export", "-s", store, "-o", out); got.code != exit.Corrupt || !strings.HasSuffix(got.stderr, "\ncoatcheck: 1 damaged session was left out: coatcheck check tells more\n") {
		t.Errorf("export: %+v", got)
	}
	if got := do(t, "", "check", "-s", store); got.code != exit.Corrupt || got.stdout != "2 records sound, 1 damaged.\n" {
		t.Errorf("check: %+v", got)
	}
	if got := do(t, "", "import", "-s", "mem:", "--dry-run", out); !strings.HasPrefix(got.stdout, "2 sessions would be imported") {
		t.Errorf("%+v", got)
	}
}
