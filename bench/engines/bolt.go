package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/coatcheck/coatcheck"
	bolt "go.etcd.io/bbolt"
)

var boltBucket = []byte("sessions")

// A boltEngine is bbolt with one bucket.
type boltEngine struct {
	db   *bolt.DB
	path string
	do   func(func(*bolt.Tx) error) error // how changes are made
}

func boltKind() kind {
	return kind{
		name: "bbolt", durable: true,
		compaction: "a copy, offline",
		settings:   "a map as its free list, which is not written; room mapped in advance; without fsync: NoSync, NoGrowSync",
		open:       func(s setup) (engine, error) { return openBolt(s, (*bolt.DB).Update) },
	}
}

// boltBatchKind writes the changes of several goroutines together, as bbolt
// offers to. A batch is closed when all of them have joined.
func boltBatchKind() kind {
	return kind{
		name: "bbolt, Batch", durable: true, only: true,
		settings: "as above; DB.Batch with MaxBatchSize = the number of writers, MaxBatchDelay 1 ms",
		open:     func(s setup) (engine, error) { return openBolt(s, (*bolt.DB).Batch) },
	}
}

func openBolt(s setup, do func(*bolt.DB, func(*bolt.Tx) error) error) (engine, error) {
	path := filepath.Join(s.dir, "bolt.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: time.Second, NoSync: !s.durable, NoGrowSync: !s.durable,
		NoFreelistSync: true, FreelistType: bolt.FreelistMapType, InitialMmapSize: 1 << 30,
	})
	if err != nil {
		return nil, err
	}
	db.MaxBatchSize, db.MaxBatchDelay = durableWriters, time.Millisecond
	e := &boltEngine{db: db, path: path, do: func(fn func(*bolt.Tx) error) error { return do(db, fn) }}
	return e, db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(boltBucket)
		return err
	})
}

func (e *boltEngine) hand() (hand, error) { return &boltHand{e: e}, nil }
func (e *boltEngine) close() error        { return e.db.Close() }

// compact copies what is live into another file, which takes the place of the
// first: bbolt's file never shrinks by itself, and nobody may use it meanwhile.
func (e *boltEngine) compact() error {
	to := e.path + ".compact"
	dst, err := bolt.Open(to, 0o600, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(bolt.Compact(dst, e.db, 64<<20), dst.Close(), e.db.Close()); err != nil {
		return err
	}
	if err := os.Rename(to, e.path); err != nil {
		return err
	}
	e.db, err = bolt.Open(e.path, 0o600, &bolt.Options{Timeout: time.Second})
	return err
}

// A boltHand keeps a buffer: bbolt copies values when it writes its pages, at
// the end of the transaction.
type boltHand struct {
	e   *boltEngine
	buf []byte
}

func (h *boltHand) close() error { return nil }

func (h *boltHand) get(id coatcheck.ID) (version uint64, payload []byte, err error) {
	err = h.e.db.View(func(tx *bolt.Tx) error {
		version, payload, err = value(tx.Bucket(boltBucket).Get(id[:])).read()
		return err
	})
	return version, payload, err
}

func (h *boltHand) create(id coatcheck.ID, r record) error {
	h.buf = encode(h.buf[:0], r)
	return h.e.do(func(tx *bolt.Tx) error { return tx.Bucket(boltBucket).Put(id[:], h.buf) })
}

func (h *boltHand) replace(id coatcheck.ID, old uint64, r record) error {
	return h.change(id, func(v value) (value, error) { return v.successor(h.buf[:0], old, r) })
}

func (h *boltHand) touch(id coatcheck.ID, expires int64) error {
	return h.change(id, func(v value) (value, error) { return v.touched(h.buf[:0], expires) })
}

func (h *boltHand) change(id coatcheck.ID, next func(value) (value, error)) error {
	return h.e.do(func(tx *bolt.Tx) error {
		b := tx.Bucket(boltBucket)
		v, err := next(b.Get(id[:]))
		if err != nil {
			return err
		}
		h.buf = v
		return b.Put(id[:], v)
	})
}

func (h *boltHand) remove(id coatcheck.ID) error {
	return h.e.do(func(tx *bolt.Tx) error { return tx.Bucket(boltBucket).Delete(id[:]) })
}
