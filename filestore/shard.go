package filestore

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
)

// shards is the number of directories that the records are spread over, by the
// first byte of their IDs.
const shards = 256

// tempName is what a record is called while it is written. Only who holds the
// directory's lock writes, so one name is enough, and what a dead process left
// there is in nobody's use.
const tempName = "new"

// A shard is one directory of records. Everything that changes it happens
// under its lock, which is one between goroutines and one between processes;
// those who read need none.
type shard struct {
	turn   chan struct{} // holds a value while a goroutine has the lock
	mu     sync.Mutex    // held while the folder is opened
	folder atomic.Pointer[folder]
}

// open returns the folder of the IDs that begin with b. If the directory is
// missing and is not to be made, the error is fs.ErrNotExist.
func (s *Store) open(b byte, make bool) (folder, error) {
	sh := &s.shards[b]
	if f := sh.folder.Load(); f != nil {
		return *f, nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if f := sh.folder.Load(); f != nil {
		return *f, nil
	}
	name := shardName(b)
	if make {
		if err := s.makeDir(s.records, name); err != nil {
			return nil, err
		}
	}
	if err := checkDir(s.records, name); err != nil {
		return nil, err
	}
	f, err := s.openFolder(s.records, name)
	if err != nil {
		return nil, err
	}
	if s.durable && !make { // makeDir has done it
		if err := syncRoot(s.records); err != nil {
			f.close()
			return nil, err
		}
	}
	sh.folder.Store(&f)
	return f, nil
}

// makeDir makes a directory in parent, for our user only, if it is not there.
func (s *Store) makeDir(parent *os.Root, name string) error {
	err := parent.Mkdir(name, 0o700)
	switch {
	case err == nil:
		err = parent.Chmod(name, 0o700) // whatever the umask was
	case isThere(err):
		err = nil
	}
	// Whoever made it may have died before the disk had it.
	if err == nil && s.durable {
		err = syncRoot(parent)
	}
	return err
}

// syncRoot waits until what happened to the names in root has reached the disk.
func syncRoot(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return syncDir(d)
}

// checkDir returns an error unless name is a directory of ours.
func checkDir(parent *os.Root, name string) error {
	info, err := parent.Lstat(name)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return unfitf("%s in it is not a directory, so it is no store: name another directory", name)
	}
	if why := whyUnsafe(info); why != "" {
		return unfitf("%s in it %s", name, why)
	}
	return nil
}

// A hold is the lock of a shard, and what one can do under it.
type hold struct {
	*Store
	sh     *shard
	folder folder
}

// lock waits for the lock of the shard that id belongs to.
func (s *Store) lock(ctx context.Context, id coatcheck.ID) (hold, error) {
	sh := &s.shards[id[0]]
	f, err := s.open(id[0], true)
	if err != nil {
		return hold{}, unwritten(err)
	}
	select {
	case sh.turn <- struct{}{}:
	default:
		select {
		case sh.turn <- struct{}{}:
		case <-ctx.Done():
			return hold{}, ctx.Err()
		case <-s.done:
			return hold{}, errClosed
		}
	}
	if err := s.await(ctx, f); err != nil {
		<-sh.turn
		return hold{}, err
	}
	h := hold{s, sh, f}
	if err := ctx.Err(); err != nil {
		h.unlock()
		return hold{}, err
	}
	return h, nil
}

// The pauses between two attempts to get a lock that another process has. It
// holds it for microseconds, unless it waits for the disk. The longer the pause,
// the longer may one process be kept waiting by another that is busy.
const (
	shortPause = 20 * time.Microsecond
	longPause  = time.Millisecond
)

// await waits for a folder's lock between processes.
func (s *Store) await(ctx context.Context, f folder) error {
	for pause := shortPause; ; pause = min(2*pause, longPause) {
		if held, err := f.lock(); held || err != nil {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.done:
			timer.Stop()
			return errClosed
		}
	}
}

// unlock gives the lock back. The system cannot refuse that.
func (h hold) unlock() {
	_ = h.folder.unlock()
	<-h.sh.turn
}

// head returns the head of a record's file and its owner.
func (h hold) head(id coatcheck.ID) (head, string, error) {
	return readHead(h.folder, id)
}

// usualHead is as much of a file as has the owner of nearly every record.
const usualHead = 512

// readHead reads the head of a record's file, and its owner.
func readHead(f folder, id coatcheck.ID) (hd head, owner string, err error) {
	for tries, limit := 0, usualHead; ; tries++ {
		b, err := f.read(fileName(id), limit)
		if err != nil {
			return hd, "", err
		}
		hd, err = decodeHead(b, id)
		switch end := headSize + hd.owner; {
		case hd.torn && tries < maxTorn:
		case err != nil:
			return hd, "", err
		case len(b) < min(end, limit):
			return hd, "", damage("the file ends within its owner")
		case end > limit:
			limit = end
		default:
			return hd, string(b[headSize:end]), nil
		}
	}
}

// maxTorn is how often a file is read again that has a torn slot, since that may
// just be being written. The other slot is not enough then: whoever read that
// one a while ago may have missed a touch in between.
const maxTorn = 3

// put writes a file in the place of what stands under the ID. was is the owner
// of that, "" for none. The owner's entry in the index comes before the record
// and goes after it.
func (h hold) put(rec *coatcheck.Record, was string, b []byte) error {
	added := false
	if rec.Owner != "" && rec.Owner != was {
		var err error
		if added, err = h.addEntry(rec.Owner, rec.ID); err != nil {
			return unwritten(err)
		}
	}
	err := h.write(fileName(rec.ID), b)
	switch {
	case err != nil && added:
		h.removeEntry(rec.Owner, rec.ID)
	case err == nil && was != "" && was != rec.Owner:
		h.removeEntry(was, rec.ID)
	}
	return unwritten(err)
}

// write writes a file whole or not at all.
func (h hold) write(name string, b []byte) error {
	err := h.folder.write(tempName, b, h.durable)
	if isThere(err) { // left by a process that died here
		if err = h.folder.remove(tempName); err == nil {
			err = h.folder.write(tempName, b, h.durable)
		}
	}
	if err != nil {
		return err
	}
	if err = h.folder.rename(tempName, name); err != nil {
		_ = h.folder.remove(tempName)
	}
	return err
}

// settle waits for the disk, after the lock, if changes are to outlive the
// machine. If that fails, nobody knows whether they will.
func (s *Store) settle(f folder) error {
	if !s.durable {
		return nil
	}
	if err := f.sync(); err != nil {
		return errors.New(bare(err).Error())
	}
	return nil
}
