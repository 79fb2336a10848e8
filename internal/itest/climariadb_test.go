package itest_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// TestProgramOnStrictMariaDB: on a server that commits nothing by itself and
// takes small packets only, what the program has put is there, and what is too
// large is told to be.
func TestProgramOnStrictMariaDB(t *testing.T) {
	program := buildProgram(t)
	server, err := servers.MariaDB(&servers.Options{Args: []string{"--autocommit=0", "--max-allowed-packet=1M"}})
	must(t, err)
	t.Cleanup(func() { server.Stop() })
	run := func(input string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(cmd.Environ(), "COATCHECK_STORE="+servers.MariaDBURL(server.Addr))
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("", "create"); err != nil {
		t.Fatalf("create: %v: %s", err, out)
	}
	if out, err := run(`ada {"views":7}`, "put", "--foreign"); err != nil {
		t.Fatalf("put: %v: %s", err, out)
	}
	if out, err := run("", "export"); err != nil || !strings.Contains(out, `"views":7`) {
		t.Errorf("export: %v: %s", err, out)
	}
	large := `bob {"views":"` + strings.Repeat("x", 2<<20) + `"}`
	if out, err := run(large, "put", "--foreign"); err == nil || !strings.Contains(out, "max_allowed_packet") {
		t.Errorf("put of what is too large: %v: %s", err, out)
	}
}
