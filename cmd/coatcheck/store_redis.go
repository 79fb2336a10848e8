package main

import (
	"context"
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

// redisSchemes are Redis and Valkey servers.
func redisSchemes() (all []scheme) {
	for _, s := range []scheme{
		{name: "redis", rest: "//USER:PASSWORD@HOST:PORT/DB", gist: "a Redis or Valkey server"},
		{name: "rediss", rest: "//USER:PASSWORD@HOST:PORT/DB", gist: "the same over TLS"},
		{name: "redis-cluster", rest: "//USER:PASSWORD@HOST:PORT,HOST:PORT", gist: "a cluster of them"},
		{name: "rediss-cluster", rest: "//USER:PASSWORD@HOST:PORT,HOST:PORT", gist: "the same over TLS"},
		{name: "redis-sentinel", rest: "//USER:PASSWORD@HOST:PORT,HOST:PORT/NAME", gist: "the server of that name that sentinels know"},
		{name: "rediss-sentinel", rest: "//USER:PASSWORD@HOST:PORT,HOST:PORT/NAME", gist: "the same over TLS"},
	} {
		s.open = func(rest string) (coatcheck.Store, error) { return openRedis(s.name + ":" + rest) }
		all = append(all, s)
	}
	return all
}

// answerTimeout is how long a server may take to answer at the start.
const answerTimeout = 2 * time.Second

// openRedis opens a store on servers that must answer now: a wrong address is
// better told at once.
func openRedis(url string) (coatcheck.Store, error) {
	store, err := redisstore.Open(url, nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	_, err = store.Load(ctx, coatcheck.ID{})
	if errors.Is(err, coatcheck.ErrNotFound) {
		return store, nil
	}
	return nil, errors.Join(err, store.Close())
}
