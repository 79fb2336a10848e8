//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
	"github.com/coatcheck/coatcheck/hashstore"
)

// copyStore is a store with 300 sessions, and the arguments that copy it to a
// file beside it.
func copyStore(t *testing.T) (to string, args []string) {
	t.Helper()
	dir := t.TempDir()
	from := "hash:" + filepath.Join(dir, "from")
	do(t, "", "create", "-s", from).wants(t, exit.OK, "")
	var lines strings.Builder
	for i := range 300 {
		fmt.Fprintf(&lines, "old%d {\"n\":%d}\n", i, i)
	}
	do(t, lines.String(), "put", "-s", from, "--foreign").wants(t, exit.OK, "")
	to = filepath.Join(dir, "to")
	return to, []string{"copy", from, "hash:" + to, "--state", filepath.Join(dir, "state")}
}

// records counts those of a file.
func records(t *testing.T, path string) int64 {
	t.Helper()
	s, err := hashstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	st, err := coatcheck.StatOf(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return st.Records
}

// TestInterruptedCopy: Ctrl-C ends a copy, which says how to go on, and the same
// command does.
func TestInterruptedCopy(t *testing.T) {
	to, args := copyStore(t)
	cmd := exec.CommandContext(t.Context(), build(t), append(args, "--rate", "10")...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		_, err := os.Stat(to)
		return err == nil && records(t, to) > 0
	})
	cmd.Process.Signal(os.Interrupt)
	code := codeOf(t, cmd.Wait())
	if want := regexp.MustCompile(`^coatcheck: interrupted: after \d+ sessions? were carried over \(the same command goes on there, by \S+/state\)\n$`); code != exit.Interrupted || !want.MatchString(said.String()) {
		t.Errorf("exit code %d; it says %q", code, said.String())
	}
	n := records(t, to)
	if n == 0 || n == 300 {
		t.Errorf("it had come to %d sessions", n)
	}
	got := do(t, "", args...)
	if got.code != exit.OK || !strings.Contains(got.stdout, "300 records of ") {
		t.Errorf("the next one: %+v", got)
	}
	if n := records(t, to); n != 300 {
		t.Errorf("in the end there are %d", n)
	}
}

// TestCopyOnTerminal: on a terminal a copy shows how far it is, in one line that
// fits; elsewhere it does not.
func TestCopyOnTerminal(t *testing.T) {
	_, args := copyStore(t)
	for _, columns := range []uint16{40, 80, 140} {
		out, code := screen(t, columns, "", nil, append(args, "--rate", "250")...)
		if code != exit.OK {
			t.Errorf("exit code %d: %q", code, out)
		}
		shown := 0
		for _, bar := range regexp.MustCompile(`\r\x1b\[K((?:Pass \d|Verifying)[^\r\n]*)`).FindAllStringSubmatch(out, -1) {
			if shown++; len([]rune(bar[1])) >= int(columns) {
				t.Errorf("wider than %d columns: %q", columns, bar[1])
			}
		}
		if shown == 0 {
			t.Errorf("it shows nothing: %q", out)
		}
	}
	if got := do(t, "", append(args, "--rate", "600")...); strings.Contains(got.stderr, "\x1b") || got.code != exit.OK {
		t.Errorf("without a terminal: %+v", got)
	}
}

// TestStoppedCopy: a TO that goes away in the middle of a copy ends it with what
// to do, and nothing is lost.
func TestStoppedCopy(t *testing.T) {
	err := cutShort("state", transfer.Result{Created: 3}, context.DeadlineExceeded)
	if exit.Of(err) != exit.Unreachable {
		t.Errorf("without a state: %v", err)
	}
	state := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for n, code := range map[int64]exit.Code{0: exit.Unreachable, 3: exit.Partial} {
		err := cutShort(state, transfer.Result{Created: n}, fmt.Errorf("TO: %w", context.DeadlineExceeded))
		if exit.Of(err) != code || !strings.Contains(err.Error(), "the same command goes on there, by "+state) {
			t.Errorf("after %d: exit code %d, %v", n, exit.Of(err), err)
		}
	}
}

// TestCopyVerdict: what a copy found in TO, and the exit code for it.
func TestCopyVerdict(t *testing.T) {
	for _, c := range []struct {
		found transfer.Result
		code  exit.Code
		says  string
	}{
		{transfer.Result{Settled: true, Verified: 9, Kept: 3, Gone: 2, Own: 1}, exit.OK, ""},
		{transfer.Result{Settled: true, Mismatched: 1, Refused: 1, Examples: []coatcheck.ID{{0xab}}}, exit.Corrupt, "what TO has differs from what was written there: 1 session, such as ab0000000000"},
		{transfer.Result{Settled: true, Refused: 2}, exit.Partial, "TO does not take what is too large for it: 2 sessions"},
		{transfer.Result{Settled: true, Absent: 1}, exit.Partial, "TO has lost what was written there (does it evict?): 1 session"},
		{transfer.Result{Settled: true, Absent: 101, Verified: 101, Again: true}, exit.OK, ""},
		{transfer.Result{Settled: true, Absent: 101, Verified: 99, Kept: 1, Again: true}, exit.Partial, "if it was emptied by accident, delete s and copy anew"},
		{transfer.Result{Passes: 10}, exit.Partial, "FROM changed in each of 10 passes"},
	} {
		err := verdict(&c.found, "s")
		if got := exit.Of(err); got != c.code || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: exit code %d, want %d: %v", c.found, got, c.code, err)
		}
	}
}
