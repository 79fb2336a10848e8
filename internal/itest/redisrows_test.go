//go:build unix

package itest_test

import (
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// The servers of this process, which end with it.
var (
	sharedRedis        = sync.OnceValues(func() (*servers.Server, error) { return servers.Redis(nil) })
	sharedRedisCluster = sync.OnceValues(func() (*servers.RedisCluster, error) { return servers.StartRedisCluster(5000) })
)

func openRedis(dir string, now func() time.Time) (coatcheck.Store, error) {
	server, err := sharedRedis()
	if err != nil {
		return nil, err
	}
	return openRedisAt("redis://:"+servers.Password+"@"+server.Addr, dir, now)
}

func openRedisCluster(dir string, now func() time.Time) (coatcheck.Store, error) {
	cluster, err := sharedRedisCluster()
	if err != nil {
		return nil, err
	}
	return openRedisAt("redis-cluster://:"+servers.Password+"@"+cluster.Addrs(), dir, now)
}

// openRedisAt opens a store under a prefix that belongs to dir.
func openRedisAt(url, dir string, now func() time.Time) (coatcheck.Store, error) {
	return redisstore.Open(url, &redisstore.Options{Prefix: prefixOf(dir), Now: now})
}
