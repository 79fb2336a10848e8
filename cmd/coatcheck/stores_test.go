//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata/stores hold for every store that can list. Those that
// need a server are in internal/itest. They are many, so they run the program as
// a user builds it, which starts sooner than this binary does.
func TestStores(t *testing.T) {
	path := filepath.Dir(build(t)) + string(os.PathListSeparator)
	for name, url := range map[string]string{
		"hash": "hash:sessions.ht", "file": "file:sessions", "sqlite": "sqlite:sessions.db", "ring": "ring:ring.json",
	} {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:         filepath.Join("testdata", "stores"),
				Cmds:        commands,
				WorkdirRoot: fastDir(t),
				Setup: func(env *testscript.Env) error {
					// In the folder of the script, and there already.
					env.Setenv("COATCHECK_STORE", url)
					env.Setenv("PATH", path+env.Getenv("PATH"))
					if err := os.WriteFile(filepath.Join(env.WorkDir, "ring.json"), []byte(ringOf(env.WorkDir)), 0o600); err != nil {
						return err
					}
					store, err := openStore(strings.Replace(url, ":", ":"+env.WorkDir+"/", 1), made)
					if err != nil {
						return err
					}
					return closeStore(store)
				},
			})
		})
	}
}

// The scripts in testdata/tools are about commands that bring their own stores.
// They, too, run the program as a user builds it.
func TestTools(t *testing.T) {
	path := filepath.Dir(build(t)) + string(os.PathListSeparator)
	testscript.Run(t, testscript.Params{
		Dir:         filepath.Join("testdata", "tools"),
		Cmds:        commands,
		WorkdirRoot: fastDir(t),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", path+env.Getenv("PATH"))
			return nil
		},
	})
}

// ringOf is a ring of two files in dir.
func ringOf(dir string) string {
	return fmt.Sprintf(`{"members":[{"name":"a","store":"hash:%[1]s/a.ht"},{"name":"b","weight":2,"store":"hash:%[1]s/b.ht"}]}`, dir)
}
