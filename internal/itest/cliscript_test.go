package itest_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are those that the program's scripts use besides what package
// testscript brings. The program's own tests have them, too.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode, "pages": pages}

// exitCode is a command for scripts: exitcode CODE PROGRAM ARGUMENT… runs a
// program that must end with that code.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended := (*exec.ExitError)(nil)
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// pages is a command for scripts: pages LIMIT FLAG… lists sessions by pages of
// so many, and wants what one list of all has.
func pages(ts *testscript.TestScript, _ bool, args []string) {
	list := append([]string{"ls", "--json"}, args[1:]...)
	all, _ := listedBy(ts, list)
	var joined []string
	for next, more := "", true; more; more = next != "" {
		var ids []string
		ids, next = listedBy(ts, append(list[:len(list):len(list)], "--limit", args[0], "--after", next))
		if strconv.Itoa(len(ids)) > args[0] || len(joined) > len(all) {
			ts.Fatalf("a page of %s has %d", args[0], len(ids))
		}
		joined = append(joined, ids...)
	}
	if len(all) == 0 || !slices.Equal(all, joined) {
		ts.Fatalf("all are %v; the pages together are %v", all, joined)
	}
}

// listedBy returns the IDs of a list, and where it goes on.
func listedBy(ts *testscript.TestScript, args []string) (ids []string, next string) {
	ts.Check(ts.Exec("coatcheck", args...))
	for lines := bufio.NewScanner(strings.NewReader(ts.ReadFile("stdout"))); lines.Scan(); {
		var line struct{ ID, Next string }
		ts.Check(json.Unmarshal(lines.Bytes(), &line))
		if line.ID != "" {
			ids = append(ids, line.ID)
		}
		next = line.Next
	}
	return ids, next
}
