//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// startServer starts a server of its own.
func startServer(name string) (backend, error) {
	start, source := servers.Postgres, servers.PostgresURL
	if name == mariaName {
		start = servers.MariaDB
		// Else every query without a prepared statement is two.
		source = func(addr string) string { return servers.MariaDBSource(addr) + "?interpolateParams=true" }
	}
	s, err := start(nil)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return backend{}, fmt.Errorf("%w: %v", errMissing, err)
	}
	if err != nil {
		return backend{}, err
	}
	return backend{Name: name, Source: source(s.Addr), stop: s.Stop}, nil
}
