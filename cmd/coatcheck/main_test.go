package main

import (
	"bytes"
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

// commands are what scripts can do besides what package testscript brings.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"exitcode": exitCode, "pages": pages, "damage": damage, "cut": cut,
}

// fastDir returns a folder in memory, where there is one: what is tested here is
// not how long a disk takes.
func fastDir(t *testing.T) string {
	t.Helper()
	root := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		root = "/dev/shm"
	}
	dir, err := os.MkdirTemp(root, "coatcheck-scripts-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// The scripts in testdata say what the command line promises.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: commands, WorkdirRoot: fastDir(t), Setup: hurry})
}

// hurry lets a program with the race detector end when it is done, rather than a
// second later.
func hurry(env *testscript.Env) error {
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	return nil
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

// damage is a command for scripts: damage FILE TEXT changes a byte of the first
// such text in a file.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage FILE TEXT")
	}
	path := ts.MkAbs(args[0])
	content, err := os.ReadFile(path)
	ts.Check(err)
	at := bytes.Index(content, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("there is no %q in %s", args[1], args[0])
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt([]byte{content[at] ^ 1}, int64(at))
	ts.Check(errors.Join(err, f.Close()))
}

// cut is a command for scripts: cut FILE SIZE makes a file that long.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE SIZE")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}
