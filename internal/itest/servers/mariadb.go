//go:build unix

package servers

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"
)

// MariaDB starts a MariaDB server. Nil options are the defaults.
func MariaDB(opts *Options) (*Server, error) {
	server, err := find("/usr/sbin/mariadbd", "/usr/bin/mariadbd", "/opt/homebrew/bin/mariadbd")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	install, err := find("/usr/bin/mariadb-install-db", "/opt/homebrew/bin/mariadb-install-db")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	k := kind{name: "mariadb", account: "mysql", stop: syscall.SIGKILL, ready: "ready for connections"}
	k.prepare = func(s *Server) error { return s.installDB(install) }
	k.command = func(s *Server) []string {
		cmd := []string{server, "--no-defaults", "--datadir=" + s.path("data"), "--tmpdir=" + s.dir,
			"--bind-address=127.0.0.1", "--port=" + s.port(), "--socket=" + s.path("socket"), "--pid-file=" + s.path("pid"),
			"--init-file=" + s.path("init.sql"), "--skip-name-resolve", "--max-connections=300", "--innodb-buffer-pool-size=64M"}
		if opts == nil || !opts.Durable {
			// The log is written at each commit, and so outlives the process.
			cmd = append(cmd, "--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=0", "--innodb-flush-method=nosync")
		}
		return append(cmd, s.extra...)
	}
	return start(k, opts)
}

// installDB makes the system's tables, and a script that makes our user, at
// each start: whoever connects as soon as the server listens must be known.
func (s *Server) installDB(program string) error {
	script := fmt.Sprintf("CREATE DATABASE IF NOT EXISTS %s;\nCREATE OR REPLACE USER %s@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO %[2]s@'%%' WITH GRANT OPTION;\n",
		Database, User, Password)
	if err := os.WriteFile(s.path("init.sql"), []byte(script), 0o644); err != nil {
		return err
	}
	return s.exec(program, "--no-defaults", "--datadir="+s.path("data"), "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve", "--innodb-flush-method=nosync")
}

// MariaDBURL returns the URL of the server's database, or of one that stands at
// another address, as a proxy does.
func MariaDBURL(addr string) string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(User, Password), Host: addr, Path: Database}
	return u.String()
}

// MariaDBSource is MariaDBURL in the form that the Go driver reads.
func MariaDBSource(addr string) string {
	host, port, _ := net.SplitHostPort(addr) // or the driver says what is wrong
	return fmt.Sprintf("%s:%s@tcp(%s)/%s", User, Password, net.JoinHostPort(host, port), Database)
}
