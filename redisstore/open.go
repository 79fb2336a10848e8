package redisstore

import (
	"fmt"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// Open returns a store on the servers that a URL names:
//
//	redis://user:password@host:6379/0                   one server
//	redis-sentinel://user:password@host1,host2/mymaster one server with replicas, found by sentinels
//	redis-cluster://user:password@host1:7000,host2:7000 a cluster, of which some servers are enough
//
// With "rediss" in the place of "redis" the connections are encrypted; "valkey"
// and "valkeys" mean the same. User, password, ports and the number of the
// database may be missing; special characters in them are percent-encoded.
//
// Open makes no connection: the first call does, and while the servers are down
// calls fail within their contexts. Nil options are the defaults. A URL or
// options that break a rule are [coatcheck.ErrInvalid].
func Open(url string, opts *Options) (*Store, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	t, err := parse(url)
	if err != nil {
		return nil, err
	}
	if o.TLS != nil && !t.tls {
		return nil, fmt.Errorf(`redisstore: %w: Options.TLS is set, but the URL asks for no encryption: let it begin with "rediss"`, coatcheck.ErrInvalid)
	}
	c := t.clientOption(&o)
	s := newStore(newLink(func() (valkey.Client, error) { return valkey.NewClient(c) }), &o)
	if o.CacheSize > 0 {
		s.cache = newCache(o.CacheSize, o.CacheAge, s.keys)
		tracked := t.clientOption(&o)
		s.cache.track(&tracked)
		s.reads = newLink(func() (valkey.Client, error) { return valkey.NewClient(tracked) })
	}
	return s, nil
}

// New returns a store on a client that is set up already, which Close leaves
// open. Nil options are the defaults; see [Options] for those that are allowed.
//
// The client must not send reads to replicas, which would show changes late,
// and its ConnLifetime must be 0, lest it repeats a change whose outcome is
// unknown.
func New(client valkey.Client, opts *Options) (*Store, error) {
	if client == nil {
		return nil, fmt.Errorf("redisstore: %w: the client is nil", coatcheck.ErrInvalid)
	}
	if err := opts.given(); err != nil {
		return nil, err
	}
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	return newStore(givenLink(client), &o), nil
}

func newStore(l *link, o *Options) *Store {
	return &Store{link: l, now: o.Now, keys: newKeys(o.Prefix), chores: newChores(), done: make(chan struct{})}
}
