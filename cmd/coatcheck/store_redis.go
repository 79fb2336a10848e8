package main

import (
	"context"
	"errors"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// redisSchemes are Redis and Valkey servers.
func redisSchemes() (all []storeurl.Scheme) {
	for _, s := range []storeurl.Scheme{
		{Name: "redis", Form: "//USER:PASSWORD@HOST:PORT/DB", Gist: "a Redis or Valkey server"},
		{Name: "rediss", Form: "//USER:PASSWORD@HOST:PORT/DB", Gist: "the same over TLS"},
		{Name: "redis-cluster", Form: "//USER:PASSWORD@HOST:PORT,HOST:PORT", Gist: "a cluster of them"},
		{Name: "rediss-cluster", Form: "//USER:PASSWORD@HOST:PORT,HOST:PORT", Gist: "the same over TLS"},
		{Name: "redis-sentinel", Form: "//USER:PASSWORD@HOST:PORT,HOST:PORT/NAME", Gist: "the server of that name that sentinels know"},
		{Name: "rediss-sentinel", Form: "//USER:PASSWORD@HOST:PORT,HOST:PORT/NAME", Gist: "the same over TLS"},
	} {
		s.Password, s.Open = true, openRedis
		s.Params = []storeurl.Param{
			{Name: "prefix", Doc: "what the names of all keys begin with (coatcheck:)"},
			{Name: "dial_timeout", Kind: storeurl.Duration, Doc: "how long making a connection may take (1s)"},
			{Name: "cache_size", Kind: storeurl.Int, Doc: "sessions that this process keeps, so that reading costs no call (none)"},
			{Name: "cache_age", Kind: storeurl.Duration, Doc: "how long such a session is read without asking (5s)"},
		}
		if strings.HasSuffix(s.Name, "-sentinel") {
			s.Params = append(s.Params,
				storeurl.Param{Name: "sentinel_user", Doc: "the user of the sentinels"},
				storeurl.Param{Name: "sentinel_password", Kind: storeurl.Secret, Doc: "the password of the sentinels"})
		}
		if strings.HasPrefix(s.Name, "rediss") {
			s.Params = append(s.Params, tlsParams()...)
		}
		all = append(all, s)
	}
	return all
}

// openRedis opens a store on servers that must answer now.
func openRedis(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	o := &redisstore.Options{
		Prefix:      r.Text("prefix"),
		DialTimeout: r.Duration("dial_timeout"),
		CacheSize:   r.Int("cache_size"),
		CacheAge:    r.Duration("cache_age"),
		Now:         r.Now,
	}
	if strings.HasSuffix(r.Scheme, "-sentinel") {
		o.SentinelUsername, o.SentinelPassword = r.Text("sentinel_user"), r.Text("sentinel_password")
	}
	if strings.HasPrefix(r.Scheme, "rediss") {
		var err error
		if o.TLS, err = tlsConfig(r); err != nil {
			return nil, err
		}
	}
	store, err := redisstore.Open(r.URL(), o)
	if err != nil {
		return nil, err
	}
	if err := answers(ctx, store); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}
