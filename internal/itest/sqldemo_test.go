package itest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// TestTwoProgramsOnOneServer: two programs on one database server behave as
// one.
func TestTwoProgramsOnOneServer(t *testing.T) {
	program := buildProgram(t)
	t.Run("refuses", func(t *testing.T) { refuses(t, program) })
	for name, url := range map[string]func(*testing.T) string{
		"postgres": func(t *testing.T) string { return databaseURL(t, sharedPostgres, servers.PostgresURL) },
		"mariadb":  func(t *testing.T) string { return databaseURL(t, sharedMariaDB, servers.MariaDBURL) },
		"etcd":     etcdURL,
		"nats":     natsURL,
	} {
		t.Run(name, func(t *testing.T) {
			store := url(t)
			urls := [2]string{demo(t, program, store), demo(t, program, store)}
			jar, err := cookiejar.New(nil)
			must(t, err)
			c := &http.Client{Jar: jar, Timeout: 30 * time.Second}
			defer c.CloseIdleConnections()
			for i := range 6 {
				res, err := c.Get(urls[i%2] + "/count")
				must(t, err)
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if want := fmt.Sprintf("%d\n", i+1); string(body) != want || err != nil {
					t.Errorf("program %d counts %q, %v, want %q", i%2, body, err, want)
				}
			}
		})
	}
}

// databaseURL is the URL of a database server.
func databaseURL(t *testing.T, s *sharedServer, url func(addr string) string) string {
	addr, err := s.address()
	must(t, err)
	return url(addr)
}

// demo starts the program's site on a store, and returns where it is.
func demo(t *testing.T, program, store string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "store")
	must(t, os.WriteFile(file, []byte(store), 0o600))
	ctx, cancel := context.WithTimeout(background, time.Minute)
	cmd := exec.CommandContext(ctx, program, "demo", "--listen", "127.0.0.1:0", "--store-file", file)
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { cancel(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url := regexp.MustCompile(`http://\S+:\d+`).FindString(line)
	if err != nil || url == "" {
		t.Fatalf("the program says %q, %v", line, err)
	}
	return url
}
