//go:build linux

package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/hashstore"
)

// An outcome is how the program has ended.
type outcome struct {
	stdout, stderr string
	code           exit.Code
}

// do runs the program to its end.
func do(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, build(t), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	code := codeOf(t, cmd.Run())
	return outcome{stdout.String(), stderr.String(), code}
}

// codeOf returns the exit code of a program that has ended.
func codeOf(t *testing.T, err error) exit.Code {
	t.Helper()
	ended := (*exec.ExitError)(nil)
	switch {
	case err == nil:
		return exit.OK
	case !errors.As(err, &ended):
		t.Fatal(err)
	}
	return exit.Code(ended.ExitCode())
}

// wants fails the test unless the program ended with a code, and said on one
// line of standard error what it should.
func (o outcome) wants(t *testing.T, code exit.Code, message string) {
	t.Helper()
	lines := strings.Count(o.stderr, "\n")
	if o.code != code || !strings.Contains(o.stderr, message) || message != "" && lines != 1 || message == "" && lines != 0 {
		t.Errorf("exit code %d, want %d; it says %q and %q, want %q", o.code, code, o.stdout, o.stderr, message)
	}
}

// TestInterrupt: what was put in before an interrupt is there, all is well with
// the store, and the rest can be put in by the same command.
func TestInterrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.ht")
	store := "hash:" + path
	watch, err := hashstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	for n, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.CommandContext(t.Context(), build(t), "put", "-s", store, "--foreign")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdin, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			fmt.Fprintf(stdin, "old%d {}\n", 10*n+i)
		}
		await(t, func() bool {
			st, err := watch.Stat(t.Context())
			return err != nil || st.Records == int64(10*(n+1))
		})
		cmd.Process.Signal(signal) // while it waits for another line
		if code := codeOf(t, cmd.Wait()); code != exit.Interrupted {
			t.Errorf("after %v: exit code %d", signal, code)
		}
		// The tenth is there a moment before the program knows.
		if !regexp.MustCompile(`^coatcheck: interrupted: after (9|10) sessions, which stay done\n$`).MatchString(stderr.String()) {
			t.Errorf("after %v it says %q", signal, stderr.String())
		}
	}
	if got := do(t, "", "check", "-s", store); !strings.HasPrefix(got.stdout, "20 records sound, 0 damaged.") {
		t.Errorf("afterwards: %+v", got)
	}
}

// await waits until what is asked for is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !so(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("it does not come about")
		}
	}
}

// TestRepairInUse: a damaged file that is in use is not mended.
func TestRepairInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.ht")
	store := "hash:" + path
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	do(t, "old1 {\"n\":\"damage-me\"}\nold2 {}\n", "put", "-s", store, "--foreign").wants(t, exit.OK, "")
	held, err := hashstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("X"), int64(bytes.Index(content, []byte("damage-me")))); err != nil {
		t.Fatal(err)
	}
	do(t, "", "repair", "-s", store, "--yes").wants(t, exit.Busy, "is in use: stop the programs that have it open")
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	do(t, "", "repair", "-s", store, "--yes").wants(t, exit.OK, "")
	do(t, "", "check", "-s", store).wants(t, exit.OK, "")
}

// TestDatabaseLocked: a database that somebody writes to is busy, and is not
// changed.
func TestDatabaseLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	store := "sqlite:" + path
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	do(t, "old1 {}\n", "put", "-s", store, "--foreign", "--timeout", "300ms").wants(t, exit.Busy, "locked")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := do(t, "", "ls", "-s", store); got.stdout != "" || got.code != exit.OK {
		t.Errorf("%+v", got)
	}
}

// TestTableBehind: a table that lacks what this release needs is read and not
// changed; who needs more is told to run create, which keeps its sessions.
func TestTableBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	store := "sqlite:" + path
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	do(t, "old1 {}\n", "put", "-s", store, "--foreign").wants(t, exit.OK, "")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{"DROP INDEX coatcheck_sessions_bucket", "ALTER TABLE coatcheck_sessions DROP COLUMN bucket"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	count := func() int { return strings.Count(do(t, "", "ls", "-s", store, "--json").stdout, `"id"`) }
	if n := count(); n != 1 {
		t.Errorf("before, there are %d", n)
	}
	for range 2 { // it is not changed on the way
		do(t, "old2 {}\n", "put", "-s", store, "--foreign").wants(t, exit.Failed, "coatcheck create")
	}
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	do(t, "old2 {}\n", "put", "-s", store, "--foreign").wants(t, exit.OK, "")
	if n := count(); n != 2 {
		t.Errorf("afterwards, there are %d", n)
	}
}

// TestOutputFull: what could not be said is no success, help included.
func TestOutputFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range [][]string{{"--help"}, {"help", "ls"}, {"ls", "--help"}, {"completion", "bash"}, {"version"}} {
		cmd := exec.CommandContext(t.Context(), build(t), args...)
		cmd.Stdout = full
		if code := codeOf(t, cmd.Run()); code != exit.Failed {
			t.Errorf("%q onto a full disk: exit code %d, want %d", args, code, exit.Failed)
		}
	}
}

// TestDiskFull: a full disk ends the work with a line that says so; what was
// there is there. It takes root to mount one.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("it must run as root")
		}
		t.Skip("it takes root to mount a small disk")
	}
	for name, form := range map[string]string{"hash": "hash:%s/s.ht", "file": "file:%s/s", "sqlite": "sqlite:%s/s.db"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
			store := fmt.Sprintf(form, dir)
			do(t, "", "create", "-s", store).wants(t, exit.OK, "")
			var lines strings.Builder
			for i := range 100 {
				fmt.Fprintf(&lines, "old%d {\"user\":\"ada\",\"n\":%q}\n", i, strings.Repeat("x", 200_000))
			}
			got := do(t, lines.String(), "put", "-s", store, "--foreign", "--owner-key", "user") // whom nobody evicts
			got.wants(t, exit.Partial, "full")
			if got := do(t, "", "ls", "-s", store); got.code != exit.OK || strings.Count(got.stdout, "\n") < 3 {
				t.Errorf("afterwards: %+v", got)
			}
			do(t, "", "check", "-s", store).wants(t, exit.OK, "")
		})
	}
}

// TestStartsAtOnce: the program is there before one notices. What counts is the
// work that it takes, since others may keep the machine busy.
func TestStartsAtOnce(t *testing.T) {
	best := time.Hour
	for range 10 {
		cmd := exec.CommandContext(t.Context(), build(t), "--help")
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		best = min(best, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	if best > 50*time.Millisecond {
		t.Errorf("it takes %v to start", best)
	}
}

// TestWaitsForNobody: work on a file that somebody holds locked ends after --timeout,
// and at once when it is interrupted.
func TestWaitsForNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.ht")
	store, err := hashstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, command := range []string{"check", "repair", "compact"} {
		do(t, "", command, "-s", "hash:"+path, "--timeout", "50ms").wants(t, exit.Busy, "did not open within 50ms: somebody may hold it locked")
		var stdout, stderr bytes.Buffer
		code := run(ctx, []string{command, "-s", "hash:" + path}, &stdout, &stderr)
		if code != int(exit.Interrupted) || stderr.String() != "coatcheck: interrupted\n" {
			t.Errorf("%s ended with %d and said %q", command, code, stderr.String())
		}
	}
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "-s", "hash:" + path}, &stdout, &stderr)
	if code != int(exit.Interrupted) || stderr.String() != "coatcheck: interrupted\n" {
		t.Errorf("demo ended with %d and said %q", code, stderr.String())
	}
}
