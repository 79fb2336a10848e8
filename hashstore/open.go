package hashstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/coatcheck/coatcheck"
)

// attachPatience is how long Open waits for others that are opening or closing
// the same file. Tests have less of it.
var attachPatience = 30 * time.Second

// Open opens the file at path, or creates it for its owner only (0600) in a
// directory that must exist. Nil options are the defaults. Any number of
// processes, 256 to be exact, may have the file open at a time, and one may
// open it several times; all must see the same file, not a copy. Every open is
// ended by Close.
//
// Open refuses what is not a regular file, is a symbolic link, belongs to
// somebody else, may be read by others, or is on a network file system. A file
// that is no store, or one of another format, is an error and is left as it
// is.
func Open(path string, opts *Options) (*Store, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	s, err := openStore(path, &o)
	if err != nil {
		return nil, fmt.Errorf("hashstore: open %s: %w", path, err)
	}
	s.startUpkeep()
	return s, nil
}

// openStore opens the file without background work.
func openStore(path string, o *Options) (*Store, error) {
	f, fresh, err := openLocked(path, o.MustExist)
	if err != nil {
		return nil, err
	}
	if fresh && o.MustExist {
		return nil, errors.Join(foreign("is empty"), f.Close())
	}
	s := &Store{opts: *o, path: path, done: make(chan struct{}), moving: make([]byte, 4096)}
	if err := s.attach(f, fresh); err != nil {
		s.file = f
		s.letGo()
		return nil, errors.Join(err, f.Close())
	}
	err = flock{f}.unlock()
	if err == nil {
		err = s.renew()
	}
	if err != nil {
		s.letGo()
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// openLocked opens the file and locks it. fresh says that it has no bytes.
func openLocked(path string, mustExist bool) (f *os.File, fresh bool, err error) {
	for range 100 {
		if f, err = openFile(path, mustExist); err != nil {
			return nil, false, err
		}
		same := false
		if err = lockPatiently(f); err == nil {
			same, fresh, err = stillThere(f, path)
		}
		if err == nil && same {
			return f, fresh, nil
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, false, err
		}
	}
	return nil, false, errors.New("the file is exchanged all the time")
}

// openFile opens what is at path if it may be ours.
func openFile(path string, mustExist bool) (*os.File, error) {
	mode := os.O_RDWR | noFollow
	if !mustExist {
		mode |= os.O_CREATE
	}
	f, err := os.OpenFile(path, mode, 0o600)
	if err != nil {
		return nil, whyRefused(path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file: name one")
	}
	if err == nil {
		err = checkOwn(info)
	}
	if err == nil {
		err = checkPlace(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lockPatiently takes the lock under which one opens and closes a file.
func lockPatiently(f *os.File) error {
	deadline := time.Now().Add(attachPatience)
	for pause := time.Duration(0); ; pause = nextPause(pause) {
		ok, err := flock{f}.tryLock()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("others have kept it locked for %v: %w", attachPatience, syscall.EWOULDBLOCK)
		}
		time.Sleep(pause)
	}
}

// stillThere reports whether path still leads to f, and whether f is empty.
func stillThere(f *os.File, path string) (same, fresh bool, err error) {
	ours, err := f.Stat()
	if err != nil {
		return false, false, err
	}
	theirs, err := os.Lstat(path)
	if isMissing(err) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	return os.SameFile(ours, theirs), ours.Size() == 0, nil
}

// attach makes the file usable. The file is locked.
func (s *Store) attach(f *os.File, fresh bool) (err error) {
	defer s.shelter(&err, debug.SetPanicOnFault(true))
	defer leave(inside(classAttach))
	portable, err := s.prepareFile(f, fresh)
	if err != nil {
		return err
	}
	return s.join(f, portable)
}

// prepareFile reads the header, or makes a new file, and gets access to the
// rest.
func (s *Store) prepareFile(f *os.File, fresh bool) (portable bool, err error) {
	file := &fileDisk{f: f}
	s.file, s.disk = f, file
	if wrapDisk != nil {
		s.disk = wrapDisk(file)
	}
	s.mem = memory{limit: maxFile, disk: s.disk}
	portable = s.opts.Portable || !canMap || copiesOnWrite(f)
	if fresh, err = s.readHeader(fresh); err != nil {
		return false, err
	}
	if s.fresh = fresh; fresh {
		if err := s.initialise(); err != nil {
			return false, err
		}
	}
	s.seed = [2]uint64{binary.LittleEndian.Uint64(s.head.seed[:]), binary.LittleEndian.Uint64(s.head.seed[8:])}
	if !portable {
		base, unmap, err := mapFile(f)
		if err != nil {
			return false, fmt.Errorf("%w; Options.Portable does without a map", err)
		}
		s.mem.base, s.mem.fill = base, fillFile(f)
		file.sync = syncMap(base)
		runtime.AddCleanup(s, func(f func()) { f() }, unmap)
	}
	s.lock = &lock{mem: &s.mem, me: 1}
	if portable {
		s.lock.file, s.lock.turn = flock{f}, make(chan struct{}, 1)
	}
	return portable, nil
}

// wrapDisk puts a test's disk around the real one. Nil means none.
var wrapDisk func(disk) disk

// join takes a place among those that use the file, and rebuilds it if it is
// not as it was left.
func (s *Store) join(f *os.File, portable bool) error {
	others, err := s.seat.others(f, portable)
	if err != nil {
		return err
	}
	if err := s.mendHeader(); err != nil {
		return err
	}
	was, known, err := s.recognise(f)
	if err != nil {
		return err
	}
	if !known || !was.same(&s.self) {
		if others {
			return fmt.Errorf("%w: the control page is damaged, while others have the file open", coatcheck.ErrCorrupt)
		}
		if err := s.recoverFrom(was, known); err != nil {
			return err
		}
	} else {
		s.self.flags = was.flags
	}
	return s.sit(f, portable)
}

// recognise reads the file's identity, and finds out what it must be.
func (s *Store) recognise(f *os.File) (was identity, known bool, err error) {
	if s.self, err = identityOf(f); err != nil {
		return was, false, err
	}
	b := make([]byte, identityUsed)
	for range 10 {
		s.mem.read(b, identityAt)
		if was, known = decodeIdentity(b); known || blank(b) {
			break
		}
		time.Sleep(time.Millisecond) // somebody may be writing it
	}
	return was, known, nil
}

// sit takes a seat, by which others know us.
func (s *Store) sit(f *os.File, portable bool) error {
	point("attach.slot")
	if err := s.seat.take(f, s, portable); err != nil {
		return err
	}
	s.lock.me = s.seat.word
	s.lock.dead = func(owner uint64) bool { return s.seat.dead(f, s, owner) }
	return nil
}

// recoverFrom brings a file back that was left in an earlier run of the
// machine, or is a copy.
func (s *Store) recoverFrom(was identity, known bool) error {
	clean := known && was.flags&flagClean != 0
	if known && !clean && was.flags&flagLossy != 0 && !mutant("none.keep") {
		s.opts.Logger.Warn("hashstore: the machine stopped while the file was in use without durability; it begins anew", "path", s.path)
		if err := s.wipe(); err != nil {
			return err
		}
	}
	if err := s.rebuild(clean); err != nil {
		return err
	}
	flags := uint64(0)
	if known && clean {
		flags = was.flags & flagLossy
	}
	s.mem.store(ctlFlags, flags|s.mem.load(ctlFlags)&flagFailed)
	if s.fresh {
		if s.opts.Durability.mode == modeNone {
			flags = flagLossy
			s.mem.store(ctlFlags, flags)
		}
		s.self.flags = flags
		if _, err := s.disk.WriteAt(s.self.encode(), identityAt); err != nil {
			return err
		}
		return s.disk.Sync()
	}
	if !known {
		// Whoever made the file may have died before its name was on the disk.
		if err := s.disk.SyncName(); err != nil {
			return err
		}
	}
	return s.identify(flags)
}

// wipe makes the file one without records. All of it is cleared, not the heads of
// segments alone: numbers begin anew, and what is left of a record could be taken
// for one of the new run.
func (s *Store) wipe() error {
	size, err := s.disk.Size()
	if err != nil || size <= dataAt {
		return err
	}
	none := make([]byte, min(size-dataAt, 1<<20))
	for off := int64(dataAt); off < size; off += int64(len(none)) {
		if _, err := s.disk.WriteAt(none[:min(int64(len(none)), size-off)], off); err != nil {
			return err
		}
	}
	return s.disk.Sync()
}

// readHeader reads the header or its copy. fresh says that there is nothing
// in the file yet, or nothing but zeros.
func (s *Store) readHeader(empty bool) (fresh bool, err error) {
	if empty {
		return true, nil
	}
	b := make([]byte, 2*headerSize)
	n, err := s.disk.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	for at := 0; at < len(b); at += headerSize {
		h, err := decodeHeader(b[at:])
		if err == nil {
			s.head = h
			return false, nil
		}
		if err != errNoHeader {
			return false, err
		}
	}
	if ok, err := s.salvageHeader(); ok || err != nil {
		return false, err
	}
	if unfinished(b[:n]) && s.beginning() {
		return true, nil
	}
	return false, foreign("is not a file of this package, or is damaged beyond repair")
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// unfinished reports whether both headers are blank, or torn behind the first
// word of ours.
func unfinished(b []byte) bool {
	for len(b) > 0 {
		h := b[:min(headerSize, len(b))]
		if !blank(h) && !bytes.HasPrefix(h, []byte(magic[:8])) {
			return false
		}
		b = b[len(h):]
	}
	return true
}

// beginning reports whether the file is what is left when the machine stopped
// while it was made: nothing but zeros behind the first page of the table, or a
// control page of ours.
func (s *Store) beginning() bool {
	b := make([]byte, 1<<16)
	if _, err := s.disk.ReadAt(b[:identityUsed], identityAt); err == nil {
		if _, ok := decodeIdentity(b); ok {
			return true
		}
	}
	size, err := s.disk.Size()
	if err != nil || size > dataAt+2*largeSegment {
		return false
	}
	for off := int64(tableAt + pageSize); off < size; off += int64(len(b)) {
		n, err := s.disk.ReadAt(b, off)
		if !blank(b[:n]) || err != nil && !errors.Is(err, io.EOF) {
			return false
		}
	}
	return true
}

// salvageHeader takes the header from the first segment that tells, if both
// copies of it are lost.
func (s *Store) salvageHeader() (ok bool, err error) {
	size, err := s.disk.Size()
	if err != nil {
		return false, err
	}
	b := make([]byte, segmentHead)
	for off := int64(dataAt); off+segmentHead <= size; off += smallSegment {
		if _, err := s.disk.ReadAt(b, off); err != nil {
			return false, err
		}
		if h, n, ok := headerOf(b); ok && off == dataAt+int64(n)*h.segment {
			s.head = h
			return true, s.writeHeader(false)
		}
	}
	return false, nil
}

// mendHeader writes both copies of the header anew if one is damaged.
func (s *Store) mendHeader() error {
	b, want := make([]byte, 2*headerSize), s.head.encode()
	s.mem.read(b, 0)
	if string(b) == string(want)+string(want) {
		return nil
	}
	return s.writeHeader(false)
}

func (s *Store) writeHeader(fresh bool) error {
	b := s.head.encode()
	b = append(b, b...) // either of both is enough
	if fresh {
		_, err := s.disk.WriteAt(b, 0) // and Sync follows
		return err
	}
	return s.toDisk(b, 0)
}

// initialise writes what a new file begins with.
func (s *Store) initialise() error {
	size := int64(largeSegment)
	if s.opts.MaxBytes != 0 && s.opts.MaxBytes < 64<<20 {
		size = smallSegment
	}
	s.head = newHeader(size)
	if err := s.disk.Allocate(0, tableAt+pageSize); err != nil {
		return diskFull(err)
	}
	if err := s.writeHeader(true); err != nil {
		return err
	}
	if mutant("open.skip-directory-sync") {
		return nil
	}
	return s.disk.SyncName()
}
