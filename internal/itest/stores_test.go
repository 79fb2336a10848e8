package itest_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
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

// eachTarget runs a test on every store.
func eachTarget(t *testing.T, test func(t *testing.T, target target)) {
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) { test(t, target) })
	}
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
