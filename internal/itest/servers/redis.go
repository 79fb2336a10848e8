//go:build unix

package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// redisKind are the Redis servers.
var redisKind = kind{
	name:    "redis",
	account: "redis",
	ready:   "Ready to accept connections",
	stop:    syscall.SIGTERM,
	prepare: func(*Server) error {
		_, err := find("/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server")
		return err
	},
	command: func(s *Server) []string { return redisCommand("redis-server", s, "no") },
}

// durableRedisKind are those that wait for the disk.
var durableRedisKind = func() kind {
	k := redisKind
	k.command = func(s *Server) []string { return redisCommand("redis-server", s, "always") }
	return k
}()

// Redis starts a Redis server. Its default user has the [Password]. It keeps
// its data when it is killed.
func Redis(opts *Options) (*Server, error) {
	if opts != nil && opts.Durable {
		return start(durableRedisKind, opts)
	}
	return start(redisKind, opts)
}

// valkeyKind are the Valkey servers, whose disk nobody waits for.
var valkeyKind = func() kind {
	k := redisKind
	k.name = "valkey"
	k.prepare = func(*Server) error {
		_, err := find("/usr/bin/valkey-server", "/usr/local/bin/valkey-server", "/opt/homebrew/bin/valkey-server")
		return err
	}
	k.command = func(s *Server) []string { return redisCommand("valkey-server", s, "no") }
	return k
}()

// durableValkeyKind are those that wait for it.
var durableValkeyKind = func() kind {
	k := valkeyKind
	k.command = func(s *Server) []string { return redisCommand("valkey-server", s, "always") }
	return k
}()

// Valkey starts a Valkey server, which is like one of [Redis] otherwise.
func Valkey(opts *Options) (*Server, error) {
	if opts != nil && opts.Durable {
		return start(durableValkeyKind, opts)
	}
	return start(valkeyKind, opts)
}

// redisCommand is the command line of a server.
func redisCommand(program string, s *Server, fsync string) []string {
	return append([]string{
		program, "--bind", "127.0.0.1", "--port", s.port(), "--dir", s.dir,
		"--requirepass", Password, "--masterauth", Password,
		"--save", "", "--appendonly", "yes", "--appendfsync", fsync,
		"--repl-diskless-sync-delay", "0",
	}, s.extra...)
}

// RedisCLI sends one command to the server at addr, by the program redis-cli,
// and returns the answer. A refusal is an error.
func RedisCLI(addr string, args ...string) (string, error) {
	host, port, _ := strings.Cut(addr, ":")
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "redis-cli", append([]string{"-e", "-h", host, "-p", port}, args...)...)
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+Password)
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return text, fmt.Errorf("servers: redis-cli %s: %w: %s", strings.Join(args, " "), err, text)
	}
	return text, nil
}

// errNotYet means that something that must come has not come yet.
var errNotYet = errors.New("not yet")

// await calls attempt until it returns nil.
func await(what string, attempt func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(startTimeout); ; <-tick.C {
		err := attempt()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("servers: %s: %w", what, err)
		}
	}
}
