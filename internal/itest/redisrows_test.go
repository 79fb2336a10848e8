//go:build unix

package itest_test

import (
	"fmt"
	"hash/fnv"
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
	h := fnv.New64a()
	h.Write([]byte(dir))
	return redisstore.Open(url, &redisstore.Options{Prefix: fmt.Sprintf("%x:", h.Sum64()), Now: now})
}

// scale is the function of that name, with less work for a store that is slow.
func (x target) scale(ordinary, long int) int {
	switch x.name {
	case "redis":
		return scale(ordinary/5, long/10)
	case "redis cluster": // half a dozen servers on this machine
		return scale(ordinary/10, long/10)
	}
	return scale(ordinary, long)
}
