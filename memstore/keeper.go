package memstore

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A keeper keeps a store's records on disk: a snapshot now and then, and a
// journal of what ended since.
type keeper struct {
	disk     disk
	names    names
	journal  *journal
	lock     *os.File
	interval time.Duration
	logger   *slog.Logger
	idle     chan struct{} // closed when run has ended

	mu       sync.Mutex // held while a snapshot is made
	closed   bool
	changes  uint64 // those that the snapshot on disk shows
	position uint64 // and its place in the journal
}

// Snapshot writes a snapshot now, unless nothing has changed since the last
// one. It is safe for concurrent use and holds up no other call for long. A
// store made by [New] has no file: ErrUnsupported.
func (s *Store) Snapshot() error {
	if s.keeper == nil {
		return fmt.Errorf("memstore: Snapshot: %w", coatcheck.ErrUnsupported)
	}
	return s.keeper.snapshot(s)
}

// run makes snapshots until the store is closed.
func (k *keeper) run(s *Store) {
	defer close(k.idle)
	var tick <-chan time.Time
	if k.interval != OnlyAtClose {
		t := time.NewTicker(k.interval)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-s.done:
			return
		case <-tick:
		case <-k.journal.full:
		}
		if err := k.snapshot(s); err != nil {
			k.logger.Error("session snapshot failed; the one before is still there", "err", err)
		}
	}
}

// snapshot writes a snapshot if anything has changed.
func (k *keeper) snapshot(s *Store) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return errClosed
	}
	return k.write(s)
}

// write is snapshot under the lock. The records are copied before the first is
// written, so that they are of about the same time.
func (k *keeper) write(s *Store) error {
	changes, position := s.changes(), k.journal.position()
	if changes == k.changes && position == k.position {
		return nil
	}
	now := s.now()
	recs := s.all(now)
	err := replaceSnapshot(k.disk, k.names, func(w io.Writer) error {
		return encode(w, now, position, recs)
	})
	if err == nil {
		k.changes, k.position = changes, position
	}
	if err == nil && !k.closed {
		err = k.journal.forget(position)
	}
	if err != nil {
		return fmt.Errorf("memstore: snapshot: %w", err)
	}
	return nil
}

// close writes the last snapshot, of a store that changes no more.
func (k *keeper) close(s *Store) error {
	<-k.idle
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	err := k.write(s)
	return errors.Join(err, atClose(k.journal.end(err == nil)), atClose(k.lock.Close()))
}

func atClose(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("memstore: close: %w", err)
}

// changes counts the changes that a snapshot would show.
func (s *Store) changes() (n uint64) {
	s.eachShard(func(sh *shard) { n += sh.changes })
	return n
}

// all returns the live records.
func (s *Store) all(now time.Time) []*coatcheck.Record {
	recs := make([]*coatcheck.Record, 0, s.budget.sessions.Load())
	for at := (cursor{}); at.shard < shards; {
		recs, at = s.page(recs, at, batch, now)
	}
	return recs
}
