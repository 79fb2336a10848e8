package redisstore

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/valkey-io/valkey-go"
)

// How a client of ours behaves. A connection that is silent for so long after
// a ping is given up; the topology of a cluster or of sentinels is asked for
// anew so often, lest a change goes by unseen.
const (
	silence = 4 * time.Second
	refresh = 3 * time.Second
	buffer  = 128 << 10 // bytes for each direction of a connection

	// So long a command to a server of a cluster waits for others to share a
	// system call with, where others are under way.
	gather = 20 * time.Microsecond
)

// clientOption is how to reach the target. The client never repeats a command
// by itself: whether that is safe, the caller knows.
func (t *target) clientOption(o *Options) valkey.ClientOption {
	c := valkey.ClientOption{
		InitAddress:         t.addrs,
		SelectDB:            t.db,
		Username:            first(o.Username, t.username),
		Password:            first(o.Password, t.password),
		Dialer:              net.Dialer{Timeout: o.DialTimeout, KeepAlive: time.Second},
		DialCtxFn:           dialGuarded(t.shape != sentinel),
		ConnWriteTimeout:    silence,
		ReadBufferEachConn:  buffer,
		WriteBufferEachConn: buffer,
		PipelineMultiplex:   -1, // one connection: the more calls share it, the fewer system calls each costs
		AlwaysPipelining:    true,
		DisableRetry:        true,
		DisableCache:        true,
		ClientSetInfo:       valkey.DisableClientSetInfo,
		ForceSingleClient:   t.shape == single,
	}
	if t.tls {
		c.TLSConfig = tlsConfig(o.TLS)
	}
	switch t.shape {
	case sentinel:
		c.Sentinel = valkey.SentinelOption{
			Dialer:                  c.Dialer,
			TLSConfig:               c.TLSConfig,
			MasterSet:               t.master,
			Username:                o.SentinelUsername,
			Password:                o.SentinelPassword,
			TopologyRefreshInterval: refresh,
		}
	case cluster:
		c.ClusterOption.ShardsRefreshInterval = refresh
		c.MaxFlushDelay = gather
	}
	return c
}

func tlsConfig(given *tls.Config) *tls.Config {
	if given == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return given.Clone()
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
