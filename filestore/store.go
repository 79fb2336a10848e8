package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Store keeps records in files. [Open] makes one; the zero value is of no
// use. It is safe for concurrent use, as is its directory by any number of
// stores in any number of processes. Users of sessions hand it to
// [coatcheck.New] and call none of its methods but Close.
type Store struct {
	now        func() time.Time
	logger     *slog.Logger
	durable    bool // as Machine
	openFolder func(parent *os.Root, name string) (folder, error)

	root, records, owners *os.Root
	shards                [shards]shard

	gate   sync.RWMutex // held for reading by each call
	closed bool         // under the gate
	ending sync.Once
	done   chan struct{} // closed by Close
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
var errClosed = fmt.Errorf("filestore: store: %w", coatcheck.ErrClosed)

// Capabilities says that the store can do all but watch.
func (s *Store) Capabilities() coatcheck.Capabilities {
	return coatcheck.Capabilities{List: true, Owners: true, Sweep: true, Stat: true}
}

// enter begins a call. If it returns nil, leave must end it.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return errClosed
	}
	return nil
}

func (s *Store) leave() { s.gate.RUnlock() }

// Load implements [coatcheck.Store]. It takes no lock.
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	f, err := s.open(id[0], false)
	if err == nil {
		var rec *coatcheck.Record
		if rec, err = load(f, id); err == nil {
			if rec.Live(s.now()) {
				return rec, nil
			}
			return nil, coatcheck.ErrNotFound
		}
	}
	if isMissing(err) {
		return nil, coatcheck.ErrNotFound
	}
	return nil, failed("load", id, err)
}

// load reads a record, live or not.
func load(f folder, id coatcheck.ID) (*coatcheck.Record, error) {
	for tries := 0; ; tries++ {
		b, err := f.read(fileName(id), maxFile)
		if err != nil {
			return nil, err
		}
		hd, err := decodeHead(b, id)
		switch {
		case hd.torn && tries < maxTorn:
		case err != nil:
			return nil, err
		default:
			return hd.record(b, id)
		}
	}
}

// Create implements [coatcheck.Store]. It returns [coatcheck.ErrFull] when the
// disk or the user's quota is.
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.change(ctx, "create", rec, func(h hold, b []byte) error {
		cur, was, err := h.head(rec.ID)
		switch {
		case err == nil && cur.live(s.now()):
			return coatcheck.ErrExists
		case err != nil && !isMissing(err):
			return err
		}
		return h.put(rec, was, b)
	})
}

// Replace implements [coatcheck.Store]. It returns [coatcheck.ErrFull] when the
// disk or the user's quota is, even if the new record is the smaller one: for a
// moment there are both.
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.change(ctx, "replace", rec, func(h hold, b []byte) error {
		cur, was, err := h.head(rec.ID)
		switch {
		case isMissing(err), err == nil && !cur.live(s.now()):
			return coatcheck.ErrNotFound
		case err != nil:
			return err
		case cur.version != old:
			return coatcheck.ErrConflict
		}
		if kept := rec.Touched(fromMillis(cur.expires)); kept != rec {
			putSlot(b[slotA:], rec.ID, millis(kept.Expires))
			putSlot(b[slotB:], rec.ID, millis(kept.Expires))
		}
		return h.put(rec, was, b)
	})
}

// change is what Create and Replace have in common: put is called with the
// lock and the file to be written.
func (s *Store) change(ctx context.Context, call string, rec *coatcheck.Record, put func(hold, []byte) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	b, err := encode(rec)
	if err != nil {
		return err
	}
	return s.locked(ctx, call, rec.ID, func(h hold) error { return put(h, b) })
}

// locked calls fn with the lock of id, waits for the disk if need be, and says
// what went wrong.
func (s *Store) locked(ctx context.Context, call string, id coatcheck.ID, fn func(hold) error) error {
	h, err := s.lock(ctx, id)
	if err == nil {
		err = fn(h)
		h.unlock()
		if err == nil {
			err = s.settle(h.folder)
		}
	}
	switch {
	case err == nil, err == coatcheck.ErrExists, err == coatcheck.ErrConflict, err == coatcheck.ErrNotFound,
		err == errClosed, ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return err
	case isMissing(err):
		err = removed{err}
	}
	return failed(call, id, err)
}

// Touch implements [coatcheck.Store]. It writes sixteen bytes.
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	h, err := s.lock(ctx, id)
	if err == nil {
		err = h.folder.edit(fileName(id), func(b []byte) ([]byte, int64, error) {
			return s.touched(b, id, millis(expires))
		})
		h.unlock()
	}
	switch {
	case err == nil, err == coatcheck.ErrNotFound, err == errClosed, ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return err
	case isMissing(err):
		return coatcheck.ErrNotFound
	}
	return failed("touch", id, err)
}

// touched returns the slot that moves the deadline of the file that begins
// with b, and its offset.
func (s *Store) touched(b []byte, id coatcheck.ID, expires int64) ([]byte, int64, error) {
	cur, err := decodeHead(b, id)
	expires = min(expires, cur.deadline)
	switch {
	case err != nil:
		return nil, 0, err
	case !cur.live(s.now()):
		return nil, 0, coatcheck.ErrNotFound
	case expires <= cur.expires:
		return nil, 0, nil
	}
	slot := make([]byte, slotSize)
	putSlot(slot, id, expires)
	return slot, cur.spare(), nil
}

// Delete implements [coatcheck.Store]. What cannot be read is deleted all the
// same.
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.locked(ctx, "delete", id, func(h hold) error {
		_, owner, err := h.head(id)
		if err != nil && !isCorrupt(err) && !isMissing(err) {
			return err
		}
		return h.delete(id, owner)
	})
}

// delete removes a file, and then its owner's entry.
func (h hold) delete(id coatcheck.ID, owner string) error {
	if err := h.folder.remove(fileName(id)); err != nil && !isMissing(err) {
		return err
	}
	if owner != "" {
		h.removeEntry(owner, id)
	}
	return nil
}
