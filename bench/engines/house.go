package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
)

// The names that the tables refer to.
const (
	hashName = "hashstore"
	ramName  = "RAM map"
)

// houseKinds are our own stores.
func houseKinds() []kind {
	quick := func(opts *hashstore.Options) { opts.Durability = hashstore.None() }
	portable := func(opts *hashstore.Options) { opts.Durability, opts.Portable = hashstore.None(), true }
	return []kind{
		hashKind(hashName, "Durability None (Always when durable), else the defaults", quick),
		hashKind("hashstore, Interval", "the defaults, which sync once a second", func(*hashstore.Options) {}),
		hashKind("hashstore, Portable", "Durability None, Portable: system calls and a file lock instead of a map", portable),
		fileKind(), memKind(),
	}
}

func hashKind(name, settings string, set func(*hashstore.Options)) kind {
	return kind{
		name: name, settings: settings, shared: true, durable: name == hashName,
		compaction: "online, by itself; Compact hurries it",
		open: func(s setup) (engine, error) {
			opts := &hashstore.Options{}
			if set(opts); s.durable {
				opts.Durability = hashstore.Always()
			}
			store, err := hashstore.Open(filepath.Join(s.dir, "sessions"), opts)
			if err != nil {
				return nil, err
			}
			compact := func() error { return store.Compact(context.Background()) }
			return &house{store: store, clean: compact, free: store.Close}, nil
		},
	}
}

func fileKind() kind {
	return kind{
		name: "filestore", shared: true, durable: true,
		settings:   "the defaults (Durability Machine when durable)",
		compaction: "nothing to do: a file is a record",
		open: func(s setup) (engine, error) {
			opts := &filestore.Options{}
			if s.durable {
				opts.Durability = filestore.Machine
			}
			store, err := filestore.Open(s.dir, opts)
			if err != nil {
				return nil, err
			}
			return &house{store: store, clean: func() error { return nil }, free: store.Close}, nil
		},
	}
}

func memKind() kind {
	return kind{
		name: "memstore", ram: true,
		settings: "no limits; hands out the record itself, which is never written again",
		open: func(setup) (engine, error) {
			opts := &memstore.Options{MaxSessions: memstore.NoLimit, MaxBytes: memstore.NoLimit}
			return &house{store: memstore.New(opts)}, nil
		},
	}
}

// A house is a store of ours, called as the sessions' core calls it: each
// change is a record of its own, since stores may keep what they are given.
type house struct {
	store coatcheck.Store
	clean func() error // gives back space; may be nil
	free  func() error // closes the store; may be nil
}

func (h *house) hand() (hand, error) { return houseHand{h.store}, nil }

func (h *house) compact() error {
	if h.clean == nil {
		return errors.ErrUnsupported
	}
	return h.clean()
}

func (h *house) close() error {
	if h.free == nil {
		return nil
	}
	return h.free()
}

// A houseHand translates records.
type houseHand struct{ store coatcheck.Store }

func (h houseHand) close() error { return nil }

func (h houseHand) get(id coatcheck.ID) (uint64, []byte, error) {
	rec, err := h.store.Load(context.Background(), id)
	if err != nil {
		return 0, nil, err
	}
	return rec.Version, rec.Data, nil
}

func (h houseHand) create(id coatcheck.ID, r record) error {
	return h.store.Create(context.Background(), houseRecord(id, r))
}

func (h houseHand) replace(id coatcheck.ID, old uint64, r record) error {
	return h.store.Replace(context.Background(), houseRecord(id, r), old)
}

func (h houseHand) touch(id coatcheck.ID, expires int64) error {
	return h.store.Touch(context.Background(), id, millis(expires))
}

func (h houseHand) remove(id coatcheck.ID) error { return h.store.Delete(context.Background(), id) }

// born is when all records began.
var born = time.Now().UTC().Truncate(time.Millisecond)

func houseRecord(id coatcheck.ID, r record) *coatcheck.Record {
	return &coatcheck.Record{
		ID: id, Version: r.version, Data: bytes.Clone(r.payload),
		Created: born, Expires: millis(r.expires), Deadline: millis(r.deadline),
	}
}

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
