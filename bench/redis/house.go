package main

import (
	"net"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/redisstore"
)

// openStore opens coatcheck on Redis, all options at their defaults.
func openStore(p place) (func(net.Listener) error, error) { return openWith(p, nil) }

// openCachedStore has the store keep what it has read.
func openCachedStore(p place) (func(net.Listener) error, error) {
	return openWith(p, &redisstore.Options{CacheSize: 10_000})
}

func openWith(p place, opts *redisstore.Options) (func(net.Listener) error, error) {
	store, err := redisstore.Open("redis://:"+p.Password+"@"+p.Addr, opts)
	if err != nil {
		return nil, err
	}
	return serveHouse(store)
}

// openRAM opens coatcheck on its store in RAM.
func openRAM(place) (func(net.Listener) error, error) { return serveHouse(memstore.New(nil)) }

func serveHouse(store coatcheck.Store) (func(net.Listener) error, error) {
	h, err := pages.House(store)
	if err != nil {
		return nil, err
	}
	return pages.Serve(h), nil
}
