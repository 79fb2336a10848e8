//go:build unix

package redisstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/storetest"
)

// valkeyServer starts a Valkey server for the time of a test.
func valkeyServer(t *testing.T, opts *servers.Options) *servers.Server {
	t.Helper()
	srv, err := servers.Valkey(opts)
	must(t, err)
	t.Cleanup(func() { must(t, srv.Stop()) })
	return srv
}

func TestContractOnValkey(t *testing.T) {
	srv := valkeyServer(t, nil)
	suite(singleURL(srv.Addr), func(args ...string) (string, error) { return servers.RedisCLI(srv.Addr, args...) }).Run(t)
}

// TestContractOnValkeyWithCache: Valkey tells the cache what has changed, too.
func TestContractOnValkeyWithCache(t *testing.T) {
	srv := valkeyServer(t, nil)
	storetest.Suite{OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
		return open(t, singleURL(srv.Addr), &redisstore.Options{Now: now, CacheSize: 500})
	}}.Run(t)
}

// TestKilledValkeyLosesNothing: what a Valkey server that waits for the disk has
// acknowledged outlives it, and Doctor finds nothing to say against it.
func TestKilledValkeyLosesNothing(t *testing.T) {
	srv := valkeyServer(t, &servers.Options{Durable: true})
	s := open(t, singleURL(srv.Addr), nil)
	if found := settings(t, s); len(found) > 0 {
		t.Errorf("a server that is well has %q", found)
	}
	claims := duringWork(t, s, callTime, func(done *atomic.Int64) {
		for range scale(2, 20) {
			progress(t, done, 20)
			must(t, srv.Kill())
			must(t, srv.Start())
		}
	})
	checkClaims(t, s, claims)
}
