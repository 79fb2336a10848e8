package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memcachestore"
	"github.com/coatcheck/coatcheck/ring/ketama"
	"github.com/coatcheck/coatcheck/storeurl"
)

// memcachedSchemes are memcached servers.
func memcachedSchemes() []storeurl.Scheme {
	return []storeurl.Scheme{{
		Name: "memcached", Form: "//HOST:PORT,HOST:PORT=WEIGHT", Gist: "memcached servers, which may evict sessions",
		Params: []storeurl.Param{
			{Name: "prefix", Doc: "what the keys begin with (coatcheck:)"},
			{Name: "hash", Kind: storeurl.Word, Words: []string{"md5", "fnv1a_64"}, Doc: "places keys on the servers (md5)"},
			{Name: "timeout", Kind: storeurl.Duration, Doc: "how long a server may take (1s)"},
			{Name: "max_idle", Kind: storeurl.Int, Doc: "idle connections kept for each server (64)"},
			{Name: "max_value", Kind: storeurl.Size, Doc: "how long a value may be (1MiB less 512 bytes)"},
		},
		Open: openMemcached,
	}}
}

// openMemcached opens a store on servers, "//a,b:11212=2".
func openMemcached(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	servers, err := memcachedServers(strings.TrimPrefix(r.Rest, "//"))
	if err != nil {
		return nil, err
	}
	o := &memcachestore.Options{
		Prefix:   r.Text("prefix"),
		Timeout:  r.Duration("timeout"),
		MaxIdle:  r.Int("max_idle"),
		MaxValue: int(min(r.Size("max_value"), math.MaxInt)),
		Now:      r.Now,
	}
	if r.Is("hash", "fnv1a_64") {
		o.Hash = ketama.FNV1a64
	}
	return memcachestore.Open(servers, o)
}

// memcachedPort is where memcached listens if nobody says otherwise.
const memcachedPort = "11211"

// memcachedServers reads servers with commas between them.
func memcachedServers(text string) (servers []memcachestore.Server, err error) {
	for server := range strings.SplitSeq(text, ",") {
		at, weight, weighted := strings.Cut(server, "=")
		if !strings.ContainsAny(at, ":/") && at != "" {
			at += ":" + memcachedPort
		}
		s := memcachestore.Server{Addr: at}
		if weighted {
			n, err := strconv.Atoi(weight)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("the weight %q of %s is no whole number above 0", weight, at)
			}
			s.Weight = n
		}
		servers = append(servers, s)
	}
	return servers, nil
}
