//go:build unix

package servers

import (
	"fmt"
	"syscall"
)

// Memcached starts a memcached server. Nil options are the defaults. It takes
// no password, and loses everything when it ends.
func Memcached(opts *Options) (*Server, error) {
	server, err := find("/usr/bin/memcached", "/usr/local/bin/memcached", "/opt/homebrew/bin/memcached")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	k := kind{name: "memcached", account: "memcache", stop: syscall.SIGKILL}
	k.prepare = func(*Server) error { return nil }
	k.command = func(s *Server) []string {
		return append([]string{server, "-l", "127.0.0.1", "-p", s.port(), "-U", "0", "-m", "64", "-t", "2"}, s.extra...)
	}
	return start(k, opts)
}
