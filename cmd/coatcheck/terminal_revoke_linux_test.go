package main

import (
	"bytes"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
)

// TestRevokeShowsLife: who ends sessions that take long to end sees that the
// program lives.
func TestRevokeShowsLife(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	do(t, "", "create", "-s", "sqlite:"+path).wants(t, exit.OK, "")
	do(t, "old1 {\"user\":\"ada\"}\n", "put", "-s", "sqlite:"+path, "--foreign", "--owner-key", "user").wants(t, exit.OK, "")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Nobody else can change anything now, so that ending takes as long as we like.
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	term := newTerminal(t, 80)
	cmd := exec.CommandContext(t.Context(), build(t), "revoke", "-s", "sqlite:"+path, "--owner", "ada", "--yes", "--timeout", "1m")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
	cmd.Env = append(os.Environ(), "TERM=xterm")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term.program.Close()
	var seen []byte
	for buf := make([]byte, 256); !bytes.Contains(seen, []byte("Ending  [")); {
		n, err := term.user.Read(buf)
		if seen = append(seen, buf[:n]...); err != nil {
			t.Fatalf("%v; the terminal shows %q", err, seen)
		}
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for buf := make([]byte, 256); !bytes.Contains(seen, []byte("1 session of ada ended.")); {
		n, err := term.user.Read(buf)
		if seen = append(seen, buf[:n]...); err != nil {
			t.Fatalf("%v; the terminal shows %q", err, seen)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v; the terminal shows %q", err, seen)
	}
}
