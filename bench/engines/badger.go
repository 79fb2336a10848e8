package main

import (
	"github.com/coatcheck/coatcheck"
	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// A badgerEngine is badger with its transactions.
type badgerEngine struct{ db *badger.DB }

func badgerKind() kind {
	return kind{
		name: "badger", durable: true,
		compaction: "online, on demand",
		settings:   "SyncWrites off (on when durable), no compression, one version kept, 256 MB of block cache",
		open: func(s setup) (engine, error) {
			db, err := badger.Open(badger.DefaultOptions(s.dir).
				WithLogger(nil).WithSyncWrites(s.durable).WithCompression(options.None).
				WithNumVersionsToKeep(1).WithBlockCacheSize(256 << 20))
			return &badgerEngine{db}, err
		},
	}
}

func (e *badgerEngine) hand() (hand, error) { return &badgerHand{db: e.db}, nil }
func (e *badgerEngine) close() error        { return e.db.Close() }

// compact merges all levels and rewrites logs that are half dead.
func (e *badgerEngine) compact() error {
	if err := e.db.Flatten(2); err != nil {
		return err
	}
	for {
		switch err := e.db.RunValueLogGC(0.5); err {
		case nil:
		case badger.ErrNoRewrite:
			return nil
		default:
			return err
		}
	}
}

// A badgerHand keeps a buffer, which badger reads until the commit is done.
type badgerHand struct {
	db  *badger.DB
	buf []byte
}

func (h *badgerHand) close() error { return nil }

func (h *badgerHand) get(id coatcheck.ID) (version uint64, payload []byte, err error) {
	err = h.db.View(func(tx *badger.Txn) error {
		return badgerRead(tx, id, func(v value) error {
			version, payload, err = v.read()
			return err
		})
	})
	return version, payload, err
}

// badgerRead hands the value of id to fn, for as long as that runs.
func badgerRead(tx *badger.Txn, id coatcheck.ID, fn func(value) error) error {
	item, err := tx.Get(id[:])
	if err != nil {
		return err
	}
	return item.Value(func(b []byte) error { return fn(b) })
}

func (h *badgerHand) create(id coatcheck.ID, r record) error {
	h.buf = encode(h.buf[:0], r)
	return h.db.Update(func(tx *badger.Txn) error { return tx.Set(id[:], h.buf) })
}

func (h *badgerHand) replace(id coatcheck.ID, old uint64, r record) error {
	return h.change(id, func(v value) (value, error) { return v.successor(h.buf[:0], old, r) })
}

func (h *badgerHand) touch(id coatcheck.ID, expires int64) error {
	return h.change(id, func(v value) (value, error) { return v.touched(h.buf[:0], expires) })
}

func (h *badgerHand) change(id coatcheck.ID, next func(value) (value, error)) error {
	return h.db.Update(func(tx *badger.Txn) error {
		err := badgerRead(tx, id, func(v value) (err error) {
			v, err = next(v)
			if err == nil {
				h.buf = v
			}
			return err
		})
		if err != nil {
			return err
		}
		return tx.Set(id[:], h.buf)
	})
}

func (h *badgerHand) remove(id coatcheck.ID) error {
	return h.db.Update(func(tx *badger.Txn) error { return tx.Delete(id[:]) })
}
