package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/coatcheck/coatcheck"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// A pebbleEngine is pebble. It has no transactions, so striped locks hold a
// record still between its check and its write.
type pebbleEngine struct {
	db    *pebble.DB
	cache *pebble.Cache
	write *pebble.WriteOptions
	locks [256]sync.Mutex
}

func pebbleKind() kind {
	return kind{
		name: "pebble", durable: true,
		compaction: "online",
		settings:   "NoSync (Sync when durable), 64 MB memtables, 256 MB of cache, Bloom filters, no compression",
		open:       openPebble,
	}
}

func openPebble(s setup) (engine, error) {
	e := &pebbleEngine{cache: pebble.NewCache(256 << 20), write: pebble.NoSync}
	if s.durable {
		e.write = pebble.Sync
	}
	opts := &pebble.Options{Cache: e.cache, MemTableSize: 64 << 20, Logger: quiet{}}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	var err error
	e.db, err = pebble.Open(s.dir, opts)
	return e, err
}

// quiet drops pebble's account of what it does, but not of what ends it.
type quiet struct{}

func (quiet) Infof(string, ...any)              {}
func (quiet) Errorf(string, ...any)             {}
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (e *pebbleEngine) hand() (hand, error) { return &pebbleHand{e: e}, nil }

func (e *pebbleEngine) close() error {
	err := e.db.Close()
	e.cache.Unref()
	return err
}

func (e *pebbleEngine) compact() error {
	if err := e.db.Flush(); err != nil {
		return err
	}
	return e.db.Compact(context.Background(), []byte{0}, bytes.Repeat([]byte{0xff}, 33), true)
}

// A pebbleHand keeps a buffer, which pebble copies.
type pebbleHand struct {
	e   *pebbleEngine
	buf []byte
}

func (h *pebbleHand) close() error { return nil }

func (h *pebbleHand) get(id coatcheck.ID) (version uint64, payload []byte, err error) {
	err = h.read(id, func(v value) error {
		version, payload, err = v.read()
		return err
	})
	return version, payload, err
}

// read hands the value of id to fn, for as long as that runs.
func (h *pebbleHand) read(id coatcheck.ID, fn func(value) error) error {
	v, closer, err := h.e.db.Get(id[:])
	if err != nil {
		return err
	}
	return errors.Join(fn(v), closer.Close())
}

func (h *pebbleHand) create(id coatcheck.ID, r record) error {
	h.buf = encode(h.buf[:0], r)
	return h.e.db.Set(id[:], h.buf, h.e.write)
}

func (h *pebbleHand) replace(id coatcheck.ID, old uint64, r record) error {
	return h.change(id, func(v value) (value, error) { return v.successor(h.buf[:0], old, r) })
}

func (h *pebbleHand) touch(id coatcheck.ID, expires int64) error {
	return h.change(id, func(v value) (value, error) { return v.touched(h.buf[:0], expires) })
}

func (h *pebbleHand) change(id coatcheck.ID, next func(value) (value, error)) error {
	lock := &h.e.locks[id[0]]
	lock.Lock()
	defer lock.Unlock()
	err := h.read(id, func(v value) (err error) {
		v, err = next(v)
		if err == nil {
			h.buf = v
		}
		return err
	})
	if err != nil {
		return err
	}
	return h.e.db.Set(id[:], h.buf, h.e.write)
}

func (h *pebbleHand) remove(id coatcheck.ID) error { return h.e.db.Delete(id[:], h.e.write) }
