//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	goredis "github.com/redis/go-redis/v9"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// startServer starts a server of its own. It keeps all in memory, as Redis does
// unless it is told otherwise.
func startServer() (*server, error) {
	s, err := servers.Redis(&servers.Options{Args: []string{"--appendonly", "no"}})
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("redis-server is not installed here (make deps): %w", err)
	}
	if err != nil {
		return nil, err
	}
	client := goredis.NewClient(&goredis.Options{Addr: s.Addr, Password: servers.Password, PoolSize: 1})
	return &server{addr: s.Addr, password: servers.Password, client: client, end: s.Stop}, nil
}
