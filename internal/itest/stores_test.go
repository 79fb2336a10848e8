package itest_test

import (
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// A target is a store of this house. open returns one that goes by the clock
// now and may keep files in dir; durable means that it finds there what an
// earlier one left that was closed.
type target struct {
	name    string
	durable bool
	open    func(dir string, now func() time.Time) (coatcheck.Store, error)
}

// targets are all stores, and one that is too simple to be wrong.
var targets = []target{
	{"plain", false, func(_ string, now func() time.Time) (coatcheck.Store, error) {
		return newPlain(now), nil
	}},
	{"memstore", false, func(_ string, now func() time.Time) (coatcheck.Store, error) {
		return memstore.New(&memstore.Options{Now: now}), nil
	}},
	{"memstore with a snapshot", true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return memstore.Open(filepath.Join(dir, "sessions"), &memstore.Options{
			Now: now, SnapshotInterval: 20 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		})
	}},
	{"filestore", true, openTwins},
	{"hashstore", true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return openHash(dir, hashstore.Options{Now: now})
	}},
	{"hashstore portable", true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return openHash(dir, hashstore.Options{Now: now, Portable: true})
	}},
	{"sqlite", true, openSQLite},
	{"postgres", true, openPostgres},
	{"mariadb", true, openMariaDB},
	{"memcached", true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return openMemcached(prefixOf(dir), now)
	}},
	{"nats", true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return kvIn(prefixOf(dir), natsKV, now)
	}},
	{"etcd", true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return kvIn(prefixOf(dir), etcdKV, now)
	}},
	{"redis", true, openRedis},
	{"redis cluster", true, openRedisCluster},
	{"ring of redis", true, openRingOfRedis},
	{"mixed ring", true, openMixedRing},
	{"ring of three", false, func(_ string, now func() time.Time) (coatcheck.Store, error) {
		return ring.New([]ring.Member{
			{Name: "a", Store: newPlain(now), Weight: 15},
			{Name: "b", Store: memstore.New(&memstore.Options{Now: now}), Weight: 20},
			{Name: "c", Store: memstore.New(&memstore.Options{Now: now}), Weight: 10},
		}, &ring.Options{Now: now, MemberTimeout: time.Minute}) // the machine may be busy
	}},
}

// slowness is by how much the counts of a slow store are divided, in an ordinary
// run and in torture.
var slowness = map[string]struct{ ordinary, long int }{
	"hashstore portable": {10, 10}, // some system calls each time
	"sqlite":             {10, 10},
	"postgres":           {10, 10},
	"mariadb":            {10, 10},
	"memcached":          {5, 10},
	"nats":               {10, 10},
	"etcd":               {20, 20}, // it waits for the disk
	"redis":              {5, 10},
	"ring of redis":      {20, 20},
	"mixed ring":         {20, 20},
	"redis cluster":      {10, 10}, // half a dozen servers on this machine
}

// scale is the function of that name, with less work for a store that is slow.
func (x target) scale(ordinary, long int) int {
	if by, slow := slowness[x.name]; slow {
		return scale(ordinary/by.ordinary, long/by.long)
	}
	return scale(ordinary, long)
}

// prefixOf begins the keys that belong to a folder.
func prefixOf(dir string) string {
	h := fnv.New64a()
	h.Write([]byte(dir))
	return fmt.Sprintf("%x.", h.Sum64())
}

// damages are the ways to spoil a record behind the back of the store that has
// its files in dir, by the names of the targets that have one.
var damages = map[string]func(dir string, id coatcheck.ID) error{
	"filestore": func(dir string, id coatcheck.ID) error {
		name := id.String()
		return flipLastByte(filepath.Join(dir, "sessions", "records", name[:2], name))
	},
}

// flipLastByte changes a file.
func flipLastByte(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[len(b)-1] ^= 0xff
	return os.WriteFile(path, b, 0o600)
}

// openHash opens a hashstore that waits for the disk at its end only.
func openHash(dir string, o hashstore.Options) (coatcheck.Store, error) {
	o.Durability, o.Logger = hashstore.None(), slog.New(slog.DiscardHandler)
	return hashstore.Open(filepath.Join(dir, "hash"), &o)
}

// eachTarget runs a test on every store.
func eachTarget(t *testing.T, test func(t *testing.T, target target)) {
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) { test(t, target) })
	}
}

// eachLister runs a test on every store that can list what it holds.
func eachLister(t *testing.T, test func(t *testing.T, target target)) {
	eachTarget(t, func(t *testing.T, target target) {
		if target.name != "memcached" {
			test(t, target)
		}
	})
}

// A bench is where a store of a target is set up.
type bench struct {
	coatcheck.Store
	target target
	dir    string
	now    func() time.Time
	report func(format string, args ...any)
}

// setUp opens a new store of the target. What goes wrong then and later goes to
// report, and a store that cannot be opened is nil.
func (x target) setUp(dir string, now func() time.Time, report func(string, ...any)) *bench {
	b := &bench{target: x, dir: dir, now: now, report: report}
	b.open()
	return b
}

func (b *bench) open() {
	store, err := b.target.open(b.dir, b.now)
	if err != nil {
		b.report("open %s: %v", b.target.name, err)
	}
	b.Store = store
}

// tearDown closes the store.
func (b *bench) tearDown() {
	if c, ok := b.Store.(io.Closer); ok {
		if err := c.Close(); err != nil {
			b.report("close %s: %v", b.target.name, err)
		}
	}
}

// again closes a durable store and opens it anew. Nothing may be lost.
func (b *bench) again() {
	if b.target.durable {
		b.tearDown()
		b.open()
	}
}
