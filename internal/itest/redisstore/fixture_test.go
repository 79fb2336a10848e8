//go:build unix

package redisstore_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// The servers that the tests share, which leave them as they found them.
var (
	one   *servers.Server
	three *servers.RedisCluster
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if one, err = servers.Redis(nil); err != nil {
		return 0, err
	}
	defer one.Stop()
	if three, err = servers.StartRedisCluster(2000); err != nil {
		return 0, err
	}
	defer three.Stop()
	return m.Run(), nil
}

// singleURL and clusterURL are where the stores under test are.
func singleURL(addr string) string  { return "redis://:" + servers.Password + "@" + addr }
func clusterURL(addr string) string { return "redis-cluster://:" + servers.Password + "@" + addr }

// open opens a store and closes it when the test is over.
func open(t testing.TB, url string, opts *redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// flush lets a server forget the scripts that it knows.
func flush(t testing.TB, addr string) {
	t.Helper()
	if _, err := servers.RedisCLI(addr, "script", "flush", "sync"); err != nil {
		t.Fatal(err)
	}
}

// newClient returns a client of the test's own.
func newClient(t testing.TB, addr string) valkey.Client {
	t.Helper()
	c, err := valkey.NewClient(valkey.ClientOption{
		InitAddress: []string{addr}, Password: servers.Password, ForceSingleClient: true, DisableCache: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func torture() bool { return os.Getenv("COATCHECK_TORTURE") == "1" }

// scale chooses between a count for every day and the one for torture.
func scale(n, long int) int {
	if torture() {
		return long
	}
	return n
}
