package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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

// The scripts in testdata say what the command line promises.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: commands})
}

// The scripts in testdata/stores hold for every store that can list. Those that
// need a server are in internal/itest.
func TestStores(t *testing.T) {
	for name, url := range map[string]string{
		"hash": "hash:sessions.ht", "file": "file:sessions", "sqlite": "sqlite:sessions.db", "ring": "ring:ring.json",
	} {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:  filepath.Join("testdata", "stores"),
				Cmds: commands,
				Setup: func(env *testscript.Env) error {
					// In the folder of the script, and there already.
					env.Setenv("COATCHECK_STORE", url)
					if err := os.WriteFile(filepath.Join(env.WorkDir, "ring.json"), []byte(ringOf(env.WorkDir)), 0o600); err != nil {
						return err
					}
					store, err := openStore(strings.Replace(url, ":", ":"+env.WorkDir+"/", 1))
					if err != nil {
						return err
					}
					return closeStore(store)
				},
			})
		})
	}
}

// ringOf is a ring of two files in dir.
func ringOf(dir string) string {
	return fmt.Sprintf(`{"members":[{"name":"a","store":"hash:%[1]s/a.ht"},{"name":"b","weight":2,"store":"hash:%[1]s/b.ht"}]}`, dir)
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
