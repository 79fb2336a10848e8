package redisstore

import (
	"sync"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// A cache keeps records that were read, until the servers say that they have
// changed. A nil one keeps nothing.
//
// A read first takes a place, and fills it only if nobody has emptied it
// meanwhile. So a change that is reported between a read and its answer, and
// the end of a connection, are never overtaken by what was read before.
type cache struct {
	keys   keys
	most   int // records in a shard
	age    time.Duration
	shards [64]cacheShard
}

type cacheShard struct {
	mu     sync.Mutex
	places map[coatcheck.ID]*place
}

// A place holds a record, nil until it was read.
type place struct {
	rec   *coatcheck.Record
	since time.Time // when it was asked for
}

// maxKept is the greatest length of Data that is kept.
const maxKept = 64 << 10

func newCache(size int, age time.Duration, k keys) *cache {
	c := &cache{keys: k, age: age}
	c.most = (size + len(c.shards) - 1) / len(c.shards)
	for i := range c.shards {
		c.shards[i].places = map[coatcheck.ID]*place{}
	}
	return c
}

// track has the client's servers remember what it reads and tell of changes.
func (c *cache) track(o *valkey.ClientOption) {
	o.DisableCache = false
	o.ClientTrackingOptions = []string{} // everything that this client reads
	o.CacheSizeEachConn = 1              // the client's own cache is of no use
	o.OnInvalidations = c.hear
}

// hear takes the names of keys that have changed, nil when that may be any: a
// connection was lost, or the database was emptied.
func (c *cache) hear(names []valkey.ValkeyMessage) {
	if names == nil {
		c.flush()
		return
	}
	for i := range names {
		name, err := names[i].ToString()
		if id, ok := c.keys.id(name); ok && err == nil {
			c.drop(id)
		}
	}
}

func (c *cache) shard(id coatcheck.ID) *cacheShard { return &c.shards[int(id[0])%len(c.shards)] }

// get returns a record that may still be served, or a place to fill.
func (c *cache) get(id coatcheck.ID) (*coatcheck.Record, *place) {
	now := time.Now()
	sh := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if p := sh.places[id]; p != nil && p.rec != nil && now.Sub(p.since) < c.age {
		return p.rec, nil
	}
	p := &place{since: now}
	if sh.places[id] == nil && len(sh.places) >= c.most {
		for other := range sh.places { // any will do, and this one is random
			delete(sh.places, other)
			break
		}
	}
	sh.places[id] = p
	return nil, p
}

// fill puts a record into its place; nil gives the place up.
func (c *cache) fill(id coatcheck.ID, p *place, rec *coatcheck.Record) {
	sh := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch {
	case sh.places[id] != p:
	case rec == nil || len(rec.Data) > maxKept || isNote(rec):
		delete(sh.places, id)
	default:
		p.rec = rec
	}
}

// isNote reports whether a record is no session but something that processes
// tell each other by it: that an owner's sessions are ending, say, or that one
// was renewed. Whoever goes by an old one does what nobody undoes later. A session
// with a time of login has an owner.
func isNote(rec *coatcheck.Record) bool { return rec.Owner == "" && !rec.AuthTime.IsZero() }

// drop empties the place of id.
func (c *cache) drop(id coatcheck.ID) {
	if c == nil {
		return
	}
	sh := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.places, id)
}

// flush empties all places.
func (c *cache) flush() {
	if c == nil {
		return
	}
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		clear(sh.places)
		sh.mu.Unlock()
	}
}
