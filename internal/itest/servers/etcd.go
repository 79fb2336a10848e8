//go:build unix

package servers

import (
	"fmt"
	"syscall"
)

// roomOfEtcd is more than an etcd server of a test writes, in bytes.
const roomOfEtcd = 2 << 30

// Etcd starts an etcd server with one member. Nil options are the defaults.
// It takes no password.
func Etcd(opts *Options) (*Server, error) {
	server, err := find("/usr/bin/etcd", "/usr/local/bin/etcd", "/opt/homebrew/bin/etcd")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	peer, err := freeAddr()
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	k := kind{name: "etcd", account: "etcd", stop: syscall.SIGKILL, ready: "serving client "}
	if opts == nil || !opts.Durable {
		// It cannot be told not to wait for the disk, so it gets none.
		k.parent = memory(roomOfEtcd)
	}
	k.prepare = func(*Server) error { return nil }
	k.command = func(s *Server) []string {
		client, peer := "http://"+s.Addr, "http://"+peer
		cmd := []string{server, "--name=one", "--data-dir=" + s.path("data"), "--logger=zap",
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=one=" + peer}
		return append(cmd, s.extra...)
	}
	return start(k, opts)
}
