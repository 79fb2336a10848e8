//go:build linux

package simple

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Flaw is a way in which a store is broken.
type Flaw string

// The flaws. The zero value is none.
const (
	NoLock   Flaw = "no lock"  // processes do not wait for each other
	Buffered Flaw = "buffered" // says yes before it writes
	NoSync   Flaw = "no sync"  // never syncs
	Revives  Flaw = "revives"  // deletes in memory only
)

// Options are the settings of a [Store].
type Options struct {
	Flaw Flaw             // how the store is broken; "" means not at all
	Sync bool             // every change is on the disk before it is acknowledged
	Now  func() time.Time // the clock; nil means time.Now
}

// A Store is a map and the file that it follows. It is safe for concurrent use,
// by several processes too.
type Store struct {
	opts Options

	mu      sync.Mutex
	f       *os.File
	end     int64 // how far the file has been read
	recs    map[coatcheck.ID]*coatcheck.Record
	waiting []byte // frames that a flawed store keeps back
	changes int    // number of them that this store has made
}

// Open opens or creates the file.
func Open(path string, opts Options) (*Store, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &Store{opts: opts, f: f, recs: map[coatcheck.ID]*coatcheck.Record{}}
	if opts.Sync && opts.Flaw != NoSync {
		err = f.Sync()
	}
	if err == nil {
		err = s.do(context.Background(), func() error { return nil })
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.f.Close()
}

// do runs fn under the locks, when the map is as new as the file.
func (s *Store) do(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Flaw != NoLock {
		if err := flock(s.f, syscall.LOCK_EX); err != nil {
			return err
		}
		defer func() { _ = flock(s.f, syscall.LOCK_UN) }()
	}
	if err := s.follow(); err != nil {
		return err
	}
	return fn()
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// follow reads what others have appended. A torn frame at the end is one that
// its writer did not live to acknowledge.
func (s *Store) follow() error {
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, max(0, info.Size()-s.end))
	if _, err := io.ReadFull(io.NewSectionReader(s.f, s.end, int64(len(b))), b); err != nil {
		return err
	}
	for len(b) > 0 {
		id, rec, rest, err := readFrame(b)
		if err != nil {
			return s.f.Truncate(s.end)
		}
		s.put(id, rec)
		s.end += int64(len(b) - len(rest))
		b = rest
	}
	return nil
}

func (s *Store) put(id coatcheck.ID, rec *coatcheck.Record) {
	if rec == nil {
		delete(s.recs, id)
		return
	}
	s.recs[id] = rec
}

// keep makes a change last, then makes it. rec is nil when id is deleted.
func (s *Store) keep(id coatcheck.ID, rec *coatcheck.Record) error {
	if s.opts.Flaw == Revives && rec == nil {
		s.put(id, nil)
		return nil
	}
	s.waiting = appendFrame(s.waiting, id, rec)
	if s.changes++; s.opts.Flaw == Buffered && s.changes > 10 && s.changes%8 != 0 {
		s.put(id, rec)
		return nil
	}
	frames := s.waiting
	s.waiting = nil
	if _, err := s.f.WriteAt(frames, s.end); err != nil {
		return err
	}
	if s.opts.Sync && s.opts.Flaw != NoSync {
		if err := syscall.Fdatasync(int(s.f.Fd())); err != nil {
			return err
		}
	}
	s.end += int64(len(frames))
	s.put(id, rec)
	return nil
}
