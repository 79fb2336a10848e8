package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"

	"github.com/coatcheck/coatcheck/bench/load"
)

// A site is the pages on one library, a row of the tables.
type site struct {
	name string
	kind string
	open func(place) (serve func(net.Listener) error, err error)
}

// What a site is there for.
const (
	bareKind   = "bare"
	ourKind    = "ours"
	cachedKind = "cached" // ours, too
	ramKind    = "RAM"    // ours without Redis
	peerKind   = "peer"
)

// sites are the rows of the tables.
func sites() []site {
	return []site{
		{"bare, valkey-go", bareKind, openBare},
		{"coatcheck, redisstore", ourKind, openStore},
		{"coatcheck, redisstore with a local cache", cachedKind, openCachedStore},
		{"coatcheck, memstore", ramKind, openRAM},
		{"scs, goredisstore", peerKind, openSCS},
		{"gorilla, redistore", peerKind, openGorilla},
		{"fiber, storage/redis", peerKind, openFiber},
	}
}

// A place says where a site keeps its sessions.
type place struct {
	Site     string
	Addr     string // of the Redis server
	Password string
	Pool     int // connections to it, for those that have a pool
}

// serveEnv holds, in the environment of a server process, its place as JSON.
const serveEnv = "COATCHECK_REDIS_SERVE"

// serveChild is the whole life of a server process.
func serveChild(text string, in io.Reader, out io.Writer) error {
	var p place
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	for _, s := range sites() {
		if s.name == p.Site {
			serve, err := s.open(p)
			if err != nil {
				return err
			}
			return load.Serve(serve, in, out)
		}
	}
	return fmt.Errorf("no site %q", p.Site)
}

// startSite starts a server process for a site.
func startSite(s site, srv *server, conf config, profile string) (*load.Server, error) {
	text, err := json.Marshal(place{Site: s.name, Addr: srv.addr, Password: srv.password, Pool: conf.pool})
	if err != nil {
		return nil, err
	}
	return load.StartServer(conf.pace.Procs, profile, serveEnv+"="+string(text))
}
