package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"coatcheck": main})
}

// tidy runs the tests and removes what build has made for them.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	defer os.RemoveAll(workshop())
	return t.M.Run()
}

// workshop is the folder for what all tests share.
var workshop = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "coatcheck-program-")
	if err != nil {
		panic(err)
	}
	return dir
})

// The scripts in testdata say what the command line promises.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode},
	})
}

// exitCode is a command for scripts: exitcode CODE PROGRAM ARGUMENT… runs a
// program that must end with that code.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE PROGRAM ARGUMENT…")
	}
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
