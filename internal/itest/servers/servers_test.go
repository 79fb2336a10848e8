//go:build linux

package servers_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// kinds are all servers.
var kinds = map[string]struct {
	start  func(*servers.Options) (*servers.Server, error)
	driver string
	source func(addr string) string
}{
	"postgres": {servers.Postgres, "pgx", servers.PostgresURL},
	"mariadb":  {servers.MariaDB, "mysql", servers.MariaDBSource},
}

// TestMain is also the process that starts a server and is then killed.
func TestMain(m *testing.M) {
	if name := os.Getenv("COATCHECK_ORPHAN"); name != "" {
		s, err := kinds[name].start(nil)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.Pid(), s.Addr)
		select {}
	}
	os.Exit(m.Run())
}

// TestServersKeepWhatTheyAnswered: each answers to its user, keeps what it has
// answered when it is killed, and is gone after Stop, folder and all.
func TestServersKeepWhatTheyAnswered(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", open(t))
			s, err := kind.start(nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Stop()
			db, err := sql.Open(kind.driver, kind.source(s.Addr))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, q := range []string{"CREATE TABLE kept (n INT)", "INSERT INTO kept VALUES (42)"} {
				if _, err := db.Exec(q); err != nil {
					t.Fatalf("%s: %v\n%s", q, err, s.Log())
				}
			}
			db.Close()
			if err := s.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			if db, err = sql.Open(kind.driver, kind.source(s.Addr)); err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			n := 0
			if err := db.QueryRow("SELECT n FROM kept").Scan(&n); err != nil || n != 42 {
				t.Errorf("after a kill the row is %d, %v", n, err)
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
				t.Errorf("Stop leaves %q", left)
			}
			if c, err := net.Dial("tcp", s.Addr); err == nil {
				c.Close()
				t.Error("somebody still listens")
			}
		})
	}
}

// TestServersDieWithTheirProcess: kill -9 of the process that started a server
// ends the server, and its folder goes, too.
func TestServersDieWithTheirProcess(t *testing.T) {
	for name := range kinds {
		t.Run(name, func(t *testing.T) {
			dir := open(t)
			t.Setenv("TMPDIR", dir)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "COATCHECK_ORPHAN="+name)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			var pid int
			var addr string
			line, _ := bufio.NewReader(out).ReadString('\n')
			if _, err := fmt.Sscan(line, &pid, &addr); err != nil {
				t.Fatalf("it says %q: %v", line, err)
			}
			cmd.Process.Kill()
			cmd.Wait()
			for end := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil && !zombie(pid); <-time.After(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the server outlives its process")
				}
			}
			for end := time.Now().Add(30 * time.Second); ; <-time.After(10 * time.Millisecond) {
				left, _ := filepath.Glob(filepath.Join(dir, "*"))
				if len(left) == 0 {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the folder outlives its process: %q", left)
				}
			}
		})
	}
}

// zombie reports whether a process has ended, but nobody has waited for it.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// open returns a folder that every user may enter.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "servers-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
