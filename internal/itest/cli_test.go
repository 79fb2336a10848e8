package itest_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// buildProgram returns the path of the program coatcheck, built once for all
// tests.
func buildProgram(t *testing.T) string {
	t.Helper()
	folder, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder.Path(), "coatcheck")
}

// builtProgram makes the program in a folder that goes with this process.
var builtProgram = sync.OnceValues(func() (*servers.Folder, error) {
	folder, err := servers.NewFolder("program")
	if err != nil {
		return nil, err
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", folder.Path(), ".")
	build.Dir = filepath.Join("..", "..", "cmd", "coatcheck")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return folder, nil
})

// TestProgramOnServers: what the program's own scripts say of stores that are
// files holds of those that are servers.
func TestProgramOnServers(t *testing.T) {
	program := buildProgram(t)
	for name, fresh := range map[string]func(n int) (string, error){"postgres": freshPostgres, "redis": freshRedis} {
		t.Run(name, func(t *testing.T) {
			var scripts atomic.Int64
			testscript.Run(t, testscript.Params{
				Dir:  filepath.Join("..", "..", "cmd", "coatcheck", "testdata", "stores"),
				Cmds: scriptCommands,
				Setup: func(env *testscript.Env) error {
					store, err := fresh(int(scripts.Add(1)))
					env.Setenv("COATCHECK_STORE", store)
					env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
					if err != nil {
						return err
					}
					create := exec.CommandContext(t.Context(), program, "create")
					create.Env = env.Vars
					return create.Run()
				},
			})
		})
	}
}

// freshPostgres returns the URL of an empty database.
func freshPostgres(n int) (string, error) {
	addr, err := sharedPostgres.address()
	if err != nil {
		return "", err
	}
	u, err := url.Parse(servers.PostgresURL(addr))
	if err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		return "", err
	}
	defer db.Close()
	name := fmt.Sprintf("program%d", n)
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name} {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			return "", err
		}
	}
	u.Path = "/" + name
	return u.String(), nil
}

// freshRedis returns the URL of an empty database. A server has sixteen, the
// first of which belongs to other tests.
func freshRedis(n int) (string, error) {
	server, err := sharedRedis()
	if err != nil {
		return "", err
	}
	database := fmt.Sprint(n)
	_, err = servers.RedisCLI(server.Addr, "-n", database, "FLUSHDB")
	return "redis://:" + servers.Password + "@" + server.Addr + "/" + database, err
}

// TestProgramMakesNothing: whoever looks at a server that has no table or bucket
// yet is told so, also the second time. Then create makes it.
func TestProgramMakesNothing(t *testing.T) {
	program := buildProgram(t)
	postgres, err := freshPostgres(0)
	must(t, err)
	absent := tableOf(t.TempDir())
	for name, c := range map[string]struct{ store, lacks string }{
		"postgres": {postgres, `there is no table "coatcheck_sessions" in the database`},
		"mariadb":  {databaseURL(t, sharedMariaDB, servers.MariaDBURL) + "?table=" + absent, fmt.Sprintf("there is no table %q in the database", absent)},
		"nats":     {natsURL(t), `there is no bucket "demo"`},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(args ...string) string {
				cmd := exec.CommandContext(t.Context(), program, args...)
				cmd.Env = append(os.Environ(), "COATCHECK_STORE="+c.store, "COATCHECK_TO="+c.store)
				out, err := cmd.CombinedOutput()
				return fmt.Sprint(string(out), err)
			}
			for _, args := range [][]string{{"ls"}, {"stat"}, {"put", "--dry-run"}, {"sweep", "--dry-run"}, {"create", "--dry-run"}, {"ls"}} {
				want := c.lacks + ": coatcheck create makes one\nexit status 3"
				if args[0] == "create" {
					want = "would be made.\n<nil>"
				}
				if got := run(args...); !strings.HasSuffix(got, want) {
					t.Errorf("%v: %s", args, got)
				}
			}
			for _, args := range [][]string{{"create"}, {"ls"}} {
				if got := run(args...); !strings.HasSuffix(got, "<nil>") {
					t.Errorf("%v: %s", args, got)
				}
			}
		})
	}
}
