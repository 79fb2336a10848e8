//go:build unix

package servers

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Postgres starts a PostgreSQL server. Nil options are the defaults.
func Postgres(opts *Options) (*Server, error) {
	postgres, err := find("/usr/lib/postgresql/*/bin/postgres", "/usr/local/pgsql/bin/postgres", "/opt/homebrew/bin/postgres")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	k := kind{name: "postgres", account: "postgres", stop: syscall.SIGQUIT, ready: "ready to accept connections"}
	k.prepare = func(s *Server) error { return s.initdb(filepath.Join(filepath.Dir(postgres), "initdb")) }
	k.command = func(s *Server) []string {
		cmd := []string{postgres, "-D", s.path("data"), "-h", "127.0.0.1", "-p", s.port(), "-k", "",
			"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "log_min_messages=log"}
		if opts == nil || !opts.Durable {
			// Without synchronous_commit the death of the process would cost
			// what was answered; without the others only that of the machine.
			cmd = append(cmd, "-c", "fsync=off", "-c", "full_page_writes=off")
		}
		return append(cmd, s.extra...)
	}
	return start(k, opts)
}

// initdb makes an empty database cluster.
func (s *Server) initdb(program string) error {
	secret := s.path("secret")
	if err := os.WriteFile(secret, []byte(Password), 0o600); err != nil {
		return err
	}
	if err := s.user.give(secret); err != nil {
		return err
	}
	return s.exec(program, "-D", s.path("data"), "-U", User, "--pwfile", secret, "-A", "password",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
}

// PostgresURL returns the URL of the server's database, or of one that stands
// at another address, as a proxy does.
func PostgresURL(addr string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(User, Password), Host: addr, Path: "postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

// exec runs a program that prepares the folder.
func (s *Server) exec(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	s.settle(cmd, os.Kill)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, out)
	}
	return nil
}
