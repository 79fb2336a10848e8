package itest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestDoctorFindsTableOfBefore: the program's doctor says of a table that lacks
// the bucket that a migration is due, changes nothing, and is content when it was
// made.
func TestDoctorFindsTableOfBefore(t *testing.T) {
	program := buildProgram(t)
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		must(t, db.store(t, sqlstore.Options{}).Close())
		db.dropBucket(t)
		store := programURL(t, db) + "?table=" + db.table
		doctor := func(want string, code int) {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), program, "doctor")
			cmd.Env = append(os.Environ(), "COATCHECK_STORE="+store)
			out, _ := cmd.Output()
			if !strings.Contains(string(out), want) || cmd.ProcessState.ExitCode() != code {
				t.Errorf("exit code %d, want %d, and %q in\n%s", cmd.ProcessState.ExitCode(), code, want, out)
			}
		}
		due := fmt.Sprintf(`a migration is due, as it lacks the column "bucket" and the index "%s_bucket": coatcheck create brings it up to date`, db.table)
		doctor(due, 1)
		doctor(due, 1)
		create := exec.CommandContext(t.Context(), program, "create")
		create.Env = append(os.Environ(), "COATCHECK_STORE="+store)
		if out, err := create.CombinedOutput(); err != nil {
			t.Fatalf("create: %v, %s", err, out)
		}
		doctor("it is up to date", 0)
	})
}

// programURL is the URL of a test's database, as the program takes it.
func programURL(t *testing.T, db sqlDatabase) string {
	t.Helper()
	switch db.name {
	case "postgres":
		u, _, _ := strings.Cut(databaseURL(t, sharedPostgres, servers.PostgresURL), "?")
		return u
	case "mariadb":
		return databaseURL(t, sharedMariaDB, servers.MariaDBURL)
	}
	var seq int
	var name, file string
	must(t, db.QueryRow("PRAGMA database_list").Scan(&seq, &name, &file))
	must(t, os.Chmod(file, 0o600))
	for _, beside := range []string{"-wal", "-shm"} {
		_ = os.Chmod(file+beside, 0o600) // if there is one
	}
	must(t, os.Chmod(filepath.Dir(file), 0o700))
	return "sqlite:" + file
}
