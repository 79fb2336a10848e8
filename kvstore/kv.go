package kvstore

import (
	"context"
	"time"
)

// A KV is a key-value API that can compare and swap.
//
// Its methods are safe for concurrent use and respect the context. The errors
// named below may be wrapped; any other means that the outcome is unknown. The
// store never changes a slice after it was handed over, and the KV must not
// change one that it returned.
type KV interface {
	// Get returns the value of key and the revision that stands for exactly
	// this value of this key. It returns [coatcheck.ErrNotFound] when there is
	// none. It must see every Put and Delete that has returned.
	Get(ctx context.Context, key string) (value []byte, rev Revision, err error)

	// Put stores value if the key's revision still is rev, and with [None] if
	// there is no such key. Otherwise it changes nothing and returns
	// [coatcheck.ErrConflict]. It may forget the value at until or later, and
	// must not sooner: what a time to live is for, rounded up and with some
	// grace for clocks that differ. A value that is longer than the API takes
	// is [coatcheck.ErrTooLarge].
	Put(ctx context.Context, key string, value []byte, rev Revision, until time.Time) error

	// Delete removes the key. A missing one is no error.
	Delete(ctx context.Context, key string) error
}

// A Revision names one value that a key has had. What is in it is the API's
// business: a number in decimal, an ETag. No two values of one key share one,
// not even when the key was deleted between them.
type Revision string

// None is the revision of a key that does not exist.
const None Revision = ""

// A Scanner is a [KV] that lists keys in order.
type Scanner interface {
	// Scan returns up to limit keys that begin with prefix, in ascending
	// order of their bytes, from the first one that is greater than after
	// ("" begins at the start). Fewer than limit means that there are no more
	// now.
	Scan(ctx context.Context, prefix, after string, limit int) (keys []string, err error)
}

// A ConditionalDeleter is a [KV] that deletes what has not changed meanwhile.
type ConditionalDeleter interface {
	// DeleteIf removes the key if its revision still is rev. Otherwise, and
	// if it is missing, it changes nothing and returns
	// [coatcheck.ErrConflict].
	DeleteIf(ctx context.Context, key string, rev Revision) error
}
