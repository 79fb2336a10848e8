package memstore

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Store keeps records in memory. [New] and [Open] make one; the zero value
// is of no use. It is safe for concurrent use. Users of sessions hand it to
// [coatcheck.New] and call none of its methods but Close.
type Store struct {
	now      func() time.Time
	budget   *budget
	shards   [shards]shard
	owners   owners
	queue    queue // the anonymous sessions in the order of their eviction
	watchers watchers

	evicted, refused atomic.Int64

	keeper  *keeper  // nil in a store that has no file
	journal *journal // the keeper's

	closing  sync.Once
	closeErr error
	done     chan struct{} // closed by Close
}

var (
	_ coatcheck.Store      = (*Store)(nil)
	_ coatcheck.Lister     = (*Store)(nil)
	_ coatcheck.OwnerIndex = (*Store)(nil)
	_ coatcheck.Sweeper    = (*Store)(nil)
	_ coatcheck.Stater     = (*Store)(nil)
	_ coatcheck.Watcher    = (*Store)(nil)
	_ io.Closer            = (*Store)(nil)
)

// never is later than every time that is due.
const never int64 = math.MaxInt64

// errClosed is what every method returns after Close.
var errClosed = fmt.Errorf("memstore: store: %w", coatcheck.ErrClosed)

// New returns an empty store that forgets everything when the program ends.
// Nil options are the defaults. It panics if a field of opts breaks its rule.
func New(opts *Options) *Store {
	o, err := opts.filled()
	if err != nil {
		panic(err)
	}
	return newStore(&o)
}

func newStore(o *Options) *Store {
	s := &Store{now: o.Now, budget: newBudget(o), done: make(chan struct{})}
	for i := range s.shards {
		s.shards[i].due.Store(never)
	}
	s.owners.seed = maphash.MakeSeed()
	return s
}

func (s *Store) shard(id coatcheck.ID) *shard { return &s.shards[id[0]] }

// Load implements [coatcheck.Store]. It allocates nothing.
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := s.now()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e, err := sh.live(id, now)
	if err != nil {
		return nil, err
	}
	e.use()
	return e.rec, nil
}

// Create implements [coatcheck.Store]. At a limit it makes room: see the
// package's documentation.
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	to := chargeOf(rec)
	if err := s.budget.fits(to); err != nil {
		return err
	}
	now := s.now()
	for {
		err := s.create(rec, to, now)
		if !isFull(err) {
			return err
		}
		if err := s.makeRoom(err, nil, charge{}, to, now); err != nil {
			return err
		}
	}
}

// create is Create if there is room.
func (s *Store) create(rec *coatcheck.Record, to charge, now time.Time) error {
	sh := s.shard(rec.ID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return errClosed
	}
	if e := sh.entries[rec.ID]; e != nil {
		if e.rec.Live(now) {
			return coatcheck.ErrExists
		}
		s.remove(sh, e)
	}
	if err := s.budget.change(charge{}, to); err != nil {
		return err
	}
	s.enter(sh, rec, to)
	s.watchers.tell(rec.ID, rec.Version)
	return nil
}

// enter gives a record that the budget has been charged for its place, under
// the shard's lock.
func (s *Store) enter(sh *shard, rec *coatcheck.Record, c charge) {
	e := &entry{id: rec.ID, rec: rec, charge: c}
	sh.enter(e)
	s.owners.add(e)
	if c.guest {
		s.queue.push(e)
	}
}

// remove takes an entry out, under the shard's lock.
func (s *Store) remove(sh *shard, e *entry) {
	if e.charge.guest {
		s.queue.remove(e)
	}
	s.owners.remove(e)
	sh.strike(e)
	s.budget.release(e.charge)
	s.watchers.tell(e.rec.ID, 0)
}

// Replace implements [coatcheck.Store]. A record that grows may need room as
// in Create. It allocates nothing unless the stored Expires is the later one.
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	to := chargeOf(rec)
	if err := to.within(maxRecord); err != nil {
		return err
	}
	now := s.now()
	for {
		e, from, err := s.replace(rec, to, old, now)
		if !isFull(err) {
			return err
		}
		if err := s.budget.fits(to); err != nil {
			return err
		}
		if err := s.makeRoom(err, e, from, to, now); err != nil {
			return err
		}
	}
}

// replace is Replace if there is room. If not, it returns the entry and what
// it is charged for.
func (s *Store) replace(rec *coatcheck.Record, to charge, old uint64, now time.Time) (*entry, charge, error) {
	sh := s.shard(rec.ID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e, err := sh.live(rec.ID, now)
	if err != nil {
		return nil, charge{}, err
	}
	if e.rec.Version != old {
		return nil, charge{}, coatcheck.ErrConflict
	}
	from := e.charge
	if err := s.budget.change(from, to); err != nil {
		return e, from, err
	}
	if ends(e.rec, rec) {
		if err := s.journal.note(rec.ID); err != nil {
			s.budget.release(to)
			s.budget.admit(from)
			return nil, charge{}, err
		}
	}
	s.settle(sh, e, rec.Touched(e.rec.Expires), to)
	s.watchers.tell(rec.ID, rec.Version)
	return nil, charge{}, nil
}

// ends reports whether a record that takes the place of old ends the session,
// as a stub does.
func ends(old, rec *coatcheck.Record) bool {
	return rec.Deadline.Before(old.Deadline) || rec.Owner != old.Owner
}

// settle puts rec in the place of e's record, under the shard's lock.
func (s *Store) settle(sh *shard, e *entry, rec *coatcheck.Record, to charge) {
	moves := e.rec.Owner != rec.Owner
	if moves {
		s.owners.remove(e)
	}
	if was := e.charge.guest; was && !to.guest {
		s.queue.remove(e)
	} else if !was && to.guest {
		s.queue.push(e)
	}
	e.charge = to
	sh.put(e, rec)
	if moves {
		s.owners.add(e)
	}
	e.use()
}

// Touch implements [coatcheck.Store].
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := s.now()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e, err := sh.live(id, now)
	if err != nil {
		return err
	}
	e.use()
	if rec := e.rec.Touched(expires); rec != e.rec {
		sh.put(e, rec)
	}
	return nil
}

// Delete implements [coatcheck.Store]. If an error comes from the journal, the
// record is gone all the same, but a crash may bring it back unless a snapshot
// succeeds before.
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return errClosed
	}
	// Noted even if there is nothing to delete here: the snapshot may still
	// have what has been evicted since.
	err := s.journal.note(id)
	if err != nil {
		sh.changes++ // so that the next snapshot makes up for it
	}
	if e := sh.entries[id]; e != nil {
		s.remove(sh, e)
	}
	return err
}
