package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
var commands = map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode, "pages": pages}

// The scripts in testdata say what the command line promises.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: commands})
}

// The scripts in testdata/stores hold for every store that can list. Those that
// need a server are in internal/itest.
func TestStores(t *testing.T) {
	for name, url := range map[string]string{"hash": "hash:sessions.ht", "file": "file:sessions", "sqlite": "sqlite:sessions.db"} {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:  filepath.Join("testdata", "stores"),
				Cmds: commands,
				Setup: func(env *testscript.Env) error {
					// In the folder of the script, and there already.
					env.Setenv("COATCHECK_STORE", url)
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

// pages is a command for scripts: pages LIMIT FLAG… lists sessions by pages of
// so many, and wants what one list of all has.
func pages(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: pages LIMIT FLAG…")
	}
	list := append([]string{"ls", "--json"}, args[1:]...)
	all, _ := listed(ts, list)
	var joined []string
	for next, more := "", true; more; more = next != "" {
		var ids []string
		ids, next = listed(ts, append(list[:len(list):len(list)], "--limit", args[0], "--after", next))
		if strconv.Itoa(len(ids)) > args[0] || len(joined) > len(all) {
			ts.Fatalf("a page of %s has %d", args[0], len(ids))
		}
		joined = append(joined, ids...)
	}
	if len(all) == 0 || !slices.Equal(all, joined) {
		ts.Fatalf("all are %v; the pages together are %v", all, joined)
	}
}

// listed returns the IDs of a list, and where it goes on.
func listed(ts *testscript.TestScript, args []string) (ids []string, next string) {
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
