package coatcheck

import (
	"context"
	"time"
)

// A Store keeps records. It is the interface to implement for a new backend;
// users of sessions call [Manager] and [Session] instead. Package storetest
// checks every word of this contract.
//
// All methods are safe for concurrent use. They respect the context: one that
// is already done gives its error and no effect, and when it ends under way the
// call returns. Nobody else ends it: a store that waits for longer than its
// context holds up the request, whatever [Options].StoreTimeout says. The errors
// named below may be wrapped; any other error means that the outcome of the call
// is unknown, and the caller finds it out by a Load.
//
// Expiry is judged by the record and the clock of the store (an option Now,
// time.Now by default), never by what a backend's own time to live has or has
// not removed: at now ≥ Expires a record is absent, swept or not.
type Store interface {
	// Load returns the record of id. It returns [ErrNotFound] when there is
	// none or it has expired, and [ErrCorrupt] when it is damaged.
	Load(ctx context.Context, id ID) (*Record, error)

	// Create adds a record. It returns [ErrExists] when a live record has the
	// same ID; an expired one is no obstacle. It returns [ErrFull] or
	// [ErrTooLarge] when a limit forbids it. Among concurrent calls with one
	// ID exactly one succeeds.
	Create(ctx context.Context, rec *Record) error

	// Replace puts rec in the place of the record with the same ID if that
	// one's version is old. It returns [ErrConflict] when the version is
	// another, and [ErrNotFound] when there is none or it has expired: it
	// never creates. The stored Expires becomes the later of the stored and
	// the given one, cut off at the given Deadline.
	Replace(ctx context.Context, rec *Record, old uint64) error

	// Touch moves Expires of the record to a later time, cut off at its
	// Deadline, and changes neither data nor version. An earlier time has no
	// effect and is no error. It returns [ErrNotFound] when there is no
	// record or it has expired.
	Touch(ctx context.Context, id ID, expires time.Time) error

	// Delete removes the record. A missing record is no error.
	Delete(ctx context.Context, id ID) error
}

// A Lister is a [Store] that can list its records.
type Lister interface {
	// List returns up to limit records in some fixed order, beginning after
	// cursor ("" begins at the start), and the cursor of the next page, "" at
	// the end. A page may be shorter than limit, or empty, before the end. A
	// record that is live from the first page to the last appears exactly
	// once; expired ones may appear, so callers check. A limit below 1 and a
	// cursor that List did not return are [ErrInvalid].
	List(ctx context.Context, cursor string, limit int) (recs []*Record, next string, err error)
}

// An OwnerIndex is a [Store] that finds the sessions of one owner without
// reading those of others.
type OwnerIndex interface {
	// Owned returns up to limit IDs of records that belong to owner, paged as
	// by [Lister]. An entry precedes its record and may outlive it, so
	// callers load each and check its owner; a record that is live
	// throughout appears. Owner "" is [ErrInvalid].
	Owned(ctx context.Context, owner, cursor string, limit int) (ids []ID, next string, err error)
}

// A Sweeper is a [Store] that can delete expired records in batches.
type Sweeper interface {
	// Sweep examines some records, beginning after cursor ("" begins at the
	// start), and deletes at most limit that had expired at before. It is
	// called again with Next until that is "". It never deletes a record
	// that is live at before, and may run in several processes at once. A
	// limit below 1 and a cursor that Sweep did not return are [ErrInvalid].
	Sweep(ctx context.Context, before time.Time, cursor string, limit int) (SweepResult, error)
}

// A SweepResult is what one batch of a [Sweeper] did.
type SweepResult struct {
	Deleted int    // records deleted by this batch
	Next    string // where the next batch begins; "" when the sweep is complete
}

// A Stater is a [Store] that can count what it holds.
type Stater interface {
	// Stat returns the present figures. They may be a moment old and need not
	// be consistent with each other.
	Stat(ctx context.Context) (StoreStats, error)
}

// StoreStats are a store's figures. A figure that the store does not know is
// −1, a limit that it does not have is 0.
type StoreStats struct {
	Records    int64 // stored records, expired but unswept ones included
	Anonymous  int64 // those of them without an owner
	Bytes      int64 // bytes that the records occupy
	MaxRecords int64 // limit of Records
	MaxBytes   int64 // limit of Bytes
	Evicted    int64 // records removed alive to make room, since the store was opened
	Refused    int64 // calls refused with ErrFull, since the store was opened
}

// A Watcher is a [Store] that reports changes as they happen, those of other
// processes included where the backend can.
type Watcher interface {
	// Watch calls fn for each change from now on, one at a time and in the
	// order of the changes of each ID, until ctx is done; then it returns
	// ctx's error. A watcher too slow for the changes gets Lost instead of
	// those it missed. It returns [ErrUnsupported] at once if it cannot
	// watch.
	Watch(ctx context.Context, fn func(Change)) error
}

// A Change is what a [Watcher] reports.
type Change struct {
	ID      ID     // the session; zero when Lost
	Version uint64 // its new version; 0 when it was deleted
	Lost    bool   // changes were missed: anything may have happened
}

// Capabilities tell which optional interfaces of a [Store] work. A store that
// has a method but not always the means (because it wraps other stores, or
// because of its server) declares them by implementing
//
//	Capabilities() coatcheck.Capabilities
//
// and returns [ErrUnsupported] from the methods of those it denies.
type Capabilities struct {
	List, Owners, Sweep, Stat, Watch bool
}

// CapabilitiesOf returns what store declares, and by type assertion what it
// implements when it declares nothing.
func CapabilitiesOf(store Store) Capabilities {
	if d, ok := store.(interface{ Capabilities() Capabilities }); ok {
		return d.Capabilities()
	}
	var c Capabilities
	_, c.List = store.(Lister)
	_, c.Owners = store.(OwnerIndex)
	_, c.Sweep = store.(Sweeper)
	_, c.Stat = store.(Stater)
	_, c.Watch = store.(Watcher)
	return c
}
