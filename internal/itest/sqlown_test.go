package itest_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// ownPostgres starts a server for one test, which may kill it.
func ownPostgres(t *testing.T, args ...string) (*servers.Server, string) {
	t.Helper()
	s, err := servers.Postgres(&servers.Options{Args: args})
	must(t, err)
	t.Cleanup(func() { s.Stop() })
	return s, servers.PostgresURL(s.Addr)
}

// ownMariaDB is ownPostgres for MariaDB.
func ownMariaDB(t *testing.T) (*servers.Server, string) {
	t.Helper()
	s, err := servers.MariaDB(nil)
	must(t, err)
	t.Cleanup(func() { s.Stop() })
	return s, servers.MariaDBSource(s.Addr)
}

// greatID is the ID of a record of the great sweep.
func greatID(n int) coatcheck.ID { return sha256.Sum256(fmt.Appendf(nil, "great %d", n)) }

// containsLockWait reports whether a server's log tells of somebody who waited
// for a lock.
func containsLockWait(log string) bool { return strings.Contains(log, "still waiting for") }
