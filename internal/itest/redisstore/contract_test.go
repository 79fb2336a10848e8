//go:build unix

package redisstore_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/storetest"
)

func TestContract(t *testing.T) {
	suite(singleURL(one.Addr), func(args ...string) (string, error) { return servers.RedisCLI(one.Addr, args...) }).Run(t)
}

func TestContractOnCluster(t *testing.T) {
	suite(clusterURL(three.Addrs()), func(args ...string) (string, error) {
		return servers.RedisCLI(three.Nodes[0].Addr, append([]string{"-c"}, args...)...)
	}).Run(t)
}

func suite(url string, cli func(args ...string) (string, error)) storetest.Suite {
	return storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			return open(t, url, &redisstore.Options{Now: now})
		},
		Peer: func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return open(t, url, nil) },
		Corrupt: func(t *testing.T, _ coatcheck.Store, id coatcheck.ID) {
			if _, err := cli("hset", "coatcheck:s:"+id.String(), "head", "1 007 damaged"); err != nil {
				t.Fatal(err)
			}
		},
	}
}
