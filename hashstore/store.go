package hashstore

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// A Store is an open file of sessions. [Open] makes one; the zero value is of
// no use. It is safe for concurrent use. Users of sessions hand it to
// [coatcheck.New] and call none of its methods but Close.
type Store struct {
	opts  Options
	path  string
	head  header
	seed  [2]uint64
	file  *os.File
	disk  disk
	mem   memory
	lock  *lock
	self  identity
	fresh bool // the file was made just now
	seat  seat

	queue  queue       // changes that wait for the disk
	failed atomic.Bool // a sync has failed: nothing can be promised any more
	closed atomic.Bool

	evicted, refused atomic.Int64

	beaten [64]atomic.Bool // by ID: an end was overtaken while it waited for the disk

	owed atomic.Int64  // whether emptied segments must be freed: owedNothing and so on
	kick chan struct{} // asks the upkeep to free them; nil without one

	// Under the lock:
	measured measured
	urgent   bool   // the last free segment may be taken
	moving   []byte // an entry on its way
	oldest   struct{ than, born uint64 }

	closing  sync.Once
	closeErr error
	done     chan struct{} // closed by Close
	upkeep   sync.WaitGroup
}

var (
	_ coatcheck.Store      = (*Store)(nil)
	_ coatcheck.Lister     = (*Store)(nil)
	_ coatcheck.OwnerIndex = (*Store)(nil)
	_ coatcheck.Sweeper    = (*Store)(nil)
	_ coatcheck.Stater     = (*Store)(nil)
	_ io.Closer            = (*Store)(nil)
)

// errClosed is what every method returns after Close.
var errClosed = fmt.Errorf("hashstore: store: %w", coatcheck.ErrClosed)

// usable returns the error of a context that is done or of a closed store.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return errClosed
	}
	return nil
}

// protect makes an error of a fault in the map, which is what a file that
// became shorter or a disk that failed looks like. It is deferred, with the
// value that debug.SetPanicOnFault(true) returned.
func (s *Store) protect(err *error, before bool) {
	debug.SetPanicOnFault(before)
	if r := recover(); r != nil {
		*err = fmt.Errorf("hashstore: %s: %w", s.path, s.fault(r))
	}
}

// shelter is protect where the caller names the file.
func (s *Store) shelter(err *error, before bool) {
	debug.SetPanicOnFault(before)
	if r := recover(); r != nil {
		*err = s.fault(r)
	}
}

// fault returns the error behind a panic, or goes on with it.
func (s *Store) fault(r any) error {
	if e, ok := r.(accessError); ok {
		return e.err
	}
	if e, ok := r.(interface{ Addr() uintptr }); ok && s.mem.base != nil {
		if at := uint64(e.Addr() - uintptr(s.mem.base)); at < maxFile {
			return fmt.Errorf("%w: cannot read or write it at %d: the file is shorter than it was, or the disk failed: put a copy in its place", coatcheck.ErrCorrupt, at)
		}
	}
	panic(r)
}

// locked calls f under the lock. A panic in f leaves the index to be repaired.
func (s *Store) locked(ctx context.Context, f func() error) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	whole := false
	defer func() {
		if !whole {
			s.abandon()
		}
		s.release()
	}()
	err := f()
	whole = true
	return err
}

// acquire takes the lock and makes the index sound if its last holder died.
func (s *Store) acquire(ctx context.Context) error {
	stolen, err := s.lock.take(ctx)
	if err != nil {
		return err
	}
	if s.closed.Load() {
		s.release()
		return errClosed
	}
	if mutant("lock.no-repair") {
		return nil
	}
	if stolen || s.mem.load(ctlFlags)&flagSick != 0 {
		return s.heal()
	}
	return nil
}

func (s *Store) release() { s.lock.give() }

// heal repairs the index under the lock. It gives the lock back if it fails.
func (s *Store) heal() (err error) {
	whole := false
	defer func() {
		if !whole {
			s.release()
		}
	}()
	s.sicken() // until the repair is complete
	s.repairIndex()
	whole = true
	return nil
}

// sicken notes that the index must be repaired. The lock is held.
func (s *Store) sicken() { s.setFlag(flagSick) }

func (s *Store) setFlag(f uint64) {
	s.mem.store(ctlFlags, s.mem.load(ctlFlags)|f)
}

func (s *Store) clearFlag(f uint64) {
	s.mem.store(ctlFlags, s.mem.load(ctlFlags)&^f)
}

// abandon notes in a panic that the index must be repaired, if it can.
func (s *Store) abandon() {
	defer func() { _ = recover() }() // there is another panic to go on with
	s.sicken()
}
