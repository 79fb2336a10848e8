//go:build unix

package servers

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// SentinelMaster is the name by which sentinels know their primary.
const SentinelMaster = "coats"

// sentinelKind are sentinels, who rewrite their configuration themselves.
var sentinelKind = kind{
	name:    "sentinel",
	account: "redis",
	ready:   "+monitor",
	stop:    syscall.SIGTERM,
	prepare: func(s *Server) error {
		host, port, _ := strings.Cut(s.extra[0], ":")
		text := fmt.Sprintf(`bind 127.0.0.1
port %s
dir %s
sentinel monitor %[3]s %[4]s %[5]s 1
sentinel auth-pass %[3]s %[6]s
sentinel down-after-milliseconds %[3]s 1000
sentinel failover-timeout %[3]s 6000
`, s.port(), s.dir, SentinelMaster, host, port, Password)
		name := s.path("sentinel.conf")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return err
		}
		return s.user.give(name)
	},
	command: func(s *Server) []string { return []string{"redis-server", s.path("sentinel.conf"), "--sentinel"} },
}

// RedisSentinel is a primary with a replica, and a sentinel that watches them.
type RedisSentinel struct {
	Primary, Replica, Sentinel *Server
}

// StartRedisSentinel starts all three.
func StartRedisSentinel() (r *RedisSentinel, err error) {
	r = new(RedisSentinel)
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Stop())
		}
	}()
	if r.Primary, err = Redis(nil); err != nil {
		return r, err
	}
	host, port, _ := strings.Cut(r.Primary.Addr, ":")
	if r.Replica, err = Redis(&Options{Args: []string{"--replicaof", host, port}}); err != nil {
		return r, err
	}
	// A sentinel looks for replicas when it starts, and not again for a while.
	err = await("the replica is in step", func() error {
		role, err := RedisCLI(r.Replica.Addr, "role")
		if err == nil && !strings.Contains(role, "connected") {
			err = errNotYet
		}
		return err
	})
	if err != nil {
		return r, err
	}
	if r.Sentinel, err = start(sentinelKind, &Options{Args: []string{r.Primary.Addr}}); err != nil {
		return r, err
	}
	return r, await("the sentinel finds the replica", func() error {
		text, err := RedisCLI(r.Sentinel.Addr, "sentinel", "replicas", SentinelMaster)
		if err == nil && (!strings.Contains(text, "slave-repl-offset") || strings.Contains(text, "s_down")) {
			err = errNotYet
		}
		return err
	})
}

// Stop stops all three.
func (r *RedisSentinel) Stop() (err error) {
	for _, s := range []*Server{r.Sentinel, r.Replica, r.Primary} {
		if s != nil {
			err = errors.Join(err, s.Stop())
		}
	}
	return err
}
