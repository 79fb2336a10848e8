package main

import (
	"errors"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A kind is one way to keep records, a row of the tables.
type kind struct {
	name       string
	settings   string // what it was set to, for the reader of the tables
	compaction string // how space is given back, likewise
	ram        bool   // keeps nothing on disk
	shared     bool   // several processes may open the same directory
	durable    bool   // can wait until a put has reached the disk
	only       bool   // has nothing to offer but being durable: a way to write, not an engine
	open       func(setup) (engine, error)
}

// A setup says how an engine is to be opened.
type setup struct {
	dir     string // of its own, or shared with another process
	durable bool   // every change must have reached the disk before it is acknowledged
}

// An engine keeps records. It is safe for concurrent use.
type engine interface {
	// hand returns a way to the records for one goroutine.
	hand() (hand, error)

	// compact gives back the space of deleted records, by whatever the engine
	// has for that. An engine that cannot returns errors.ErrUnsupported.
	compact() error

	close() error
}

// A hand does the five things that a session store does. All respect the
// record's deadlines by the clock. It is used by one goroutine at a time, and
// takes copies of what it is given.
type hand interface {
	// get returns the record of id. The payload is the caller's to keep: a
	// copy, or never written again.
	get(id coatcheck.ID) (version uint64, payload []byte, err error)

	// create adds a record.
	create(id coatcheck.ID, r record) error

	// replace puts r in the place of the record whose version is old, and
	// fails if the version is another or there is none. The later of the two
	// deadlines for idleness stays.
	replace(id coatcheck.ID, old uint64, r record) error

	// touch moves the deadline for idleness to a later time.
	touch(id coatcheck.ID, expires int64) error

	// remove deletes the record.
	remove(id coatcheck.ID) error

	close() error
}

// A record is what an engine keeps. Times are milliseconds since 1970.
type record struct {
	version  uint64
	expires  int64
	deadline int64
	payload  []byte
}

// What hands return, besides the errors of their engines.
var (
	errAbsent   = errors.New("no such record")
	errConflict = errors.New("another version is there")
)

// now is the clock of the peers; our stores have their own, which is the same.
func now() int64 { return time.Now().UnixMilli() }

// kinds returns all engines that this program was built with, in the order of
// the tables. The first is what the others are compared with.
func kinds() []kind {
	all := houseKinds()
	all = append(all, ramKind())
	all = append(all, compiledKinds()...)
	return append(all, boltKind(), boltBatchKind(), moderncKind(), pebbleKind(), badgerKind())
}

// findKind returns the kind of that name.
func findKind(name string) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}
