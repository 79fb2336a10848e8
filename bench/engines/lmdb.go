//go:build cpeers

package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/PowerDNS/lmdb-go/lmdb"
	"github.com/coatcheck/coatcheck"
)

// lmdbWriteMap writes through the map, which is faster, and gives a stray
// write of the program a way into the file.
const lmdbWriteMap = lmdb.WriteMap

func lmdbKind(name string, flags uint) kind {
	return kind{
		name: name, shared: true, durable: flags == 0,
		compaction: "a copy, offline",
		settings:   "4 GB map, NoTLS, NoReadahead, NoMemInit; each reader keeps its transaction and renews it; without fsync: NoSync; the C library in one cgo call an operation",
		open:       func(s setup) (engine, error) { return openLMDB(s, flags) },
	}
}

// An lmdbEngine is LMDB with its unnamed database.
type lmdbEngine struct {
	env   *lmdb.Env
	dbi   lmdb.DBI
	dir   string
	flags uint
}

func openLMDB(s setup, flags uint) (engine, error) {
	flags |= lmdb.NoTLS | lmdb.NoReadahead | lmdb.NoMemInit
	if !s.durable {
		flags |= lmdb.NoSync
	}
	e := &lmdbEngine{dir: s.dir, flags: flags}
	return e, e.open()
}

func (e *lmdbEngine) open() (err error) {
	if e.env, err = lmdb.NewEnv(); err != nil {
		return err
	}
	if err = e.env.SetMapSize(4 << 30); err != nil {
		return err
	}
	if err = e.env.Open(e.dir, e.flags, 0o600); err != nil {
		return err
	}
	return e.env.Update(func(tx *lmdb.Txn) (err error) {
		e.dbi, err = tx.OpenRoot(0)
		return err
	})
}

func (e *lmdbEngine) close() error { return e.env.Close() }

// compact copies what is live into another file, which takes the place of the
// first: LMDB's file never shrinks by itself, and nobody may use it meanwhile.
func (e *lmdbEngine) compact() error {
	to, err := os.MkdirTemp(e.dir, "compact")
	if err != nil {
		return err
	}
	if err := errors.Join(e.env.CopyFlag(to, lmdb.CopyCompact), e.env.Close()); err != nil {
		return err
	}
	err = os.Rename(filepath.Join(to, "data.mdb"), filepath.Join(e.dir, "data.mdb"))
	return errors.Join(err, os.Remove(to), e.open())
}

func (e *lmdbEngine) hand() (hand, error) {
	tx, err := e.env.BeginTxn(nil, lmdb.Readonly)
	if err != nil {
		return nil, err
	}
	tx.RawRead = true // read copies
	tx.Reset()
	return &lmdbHand{e: e, reader: tx}, nil
}

// An lmdbHand keeps a transaction for reading, and a buffer.
type lmdbHand struct {
	e      *lmdbEngine
	reader *lmdb.Txn
	buf    []byte
}

func (h *lmdbHand) close() error {
	h.reader.Abort()
	return nil
}

func (h *lmdbHand) get(id coatcheck.ID) (uint64, []byte, error) {
	if err := h.reader.Renew(); err != nil {
		return 0, nil, err
	}
	defer h.reader.Reset()
	v, err := h.reader.Get(h.e.dbi, id[:])
	if err != nil {
		return 0, nil, err
	}
	return value(v).read()
}

func (h *lmdbHand) create(id coatcheck.ID, r record) error {
	h.buf = encode(h.buf[:0], r)
	return h.e.env.Update(func(tx *lmdb.Txn) error { return tx.Put(h.e.dbi, id[:], h.buf, 0) })
}

func (h *lmdbHand) replace(id coatcheck.ID, old uint64, r record) error {
	return h.change(id, func(v value) (value, error) { return v.successor(h.buf[:0], old, r) })
}

func (h *lmdbHand) touch(id coatcheck.ID, expires int64) error {
	return h.change(id, func(v value) (value, error) { return v.touched(h.buf[:0], expires) })
}

func (h *lmdbHand) change(id coatcheck.ID, next func(value) (value, error)) error {
	return h.e.env.Update(func(tx *lmdb.Txn) error {
		tx.RawRead = true
		v, err := tx.Get(h.e.dbi, id[:])
		if err != nil {
			return err
		}
		if h.buf, err = next(v); err != nil {
			return err
		}
		return tx.Put(h.e.dbi, id[:], h.buf, 0)
	})
}

func (h *lmdbHand) remove(id coatcheck.ID) error {
	return h.e.env.Update(func(tx *lmdb.Txn) error { return tx.Del(h.e.dbi, id[:], nil) })
}
