//go:build linux

package crash

import (
	"bytes"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The room in a journal.
const (
	MaxSlots = 8    // workers
	MaxKeys  = 2048 // sessions of each
	Shared   = 4    // sessions that all workers change
)

// A Journal is what workers say about their work, in memory that they share with
// the parent. Each word of it changes in one step, so that it is whole whenever
// its writer dies.
type Journal struct {
	Base    int64         // the moment from which deadlines count, in milliseconds since 1970
	Version atomic.Uint64 // the last version that was given to a record
	Slots   [MaxSlots]Slot
}

// A Slot is what one worker says. The next one in the slot goes on from there.
type Slot struct {
	Attached atomic.Uint64         // how many workers have opened the store
	Progress atomic.Uint64         // calls that have returned
	Inside   atomic.Uint64         // the call under way, by its Kind; 0 when there is none
	Counts   [Kinds]atomic.Uint64  // acknowledged calls
	Entries  [MaxKeys]Entry        // the worker's own sessions
	Adds     [Shared]atomic.Uint64 // its additions to the shared ones: twice those acknowledged, and one while another is under way
	trouble  [600]byte             // what went wrong, behind a one
}

// journalSize is the size of a journal's file.
const journalSize = int(unsafe.Sizeof(Journal{}))

// NewJournal returns a journal that nobody shares.
func NewJournal() *Journal { return &Journal{Base: time.Now().UnixMilli()} }

// CreateJournal makes a new file and maps it.
func CreateJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(int64(journalSize)); err != nil {
		return nil, err
	}
	j, err := mapJournal(f)
	if err == nil {
		j.Base = time.Now().UnixMilli()
	}
	return j, err
}

// OpenJournal maps the file that the parent made.
func OpenJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return mapJournal(f)
}

func mapJournal(f *os.File) (*Journal, error) {
	b, err := MapFile(f, journalSize)
	if err != nil {
		return nil, err
	}
	return (*Journal)(unsafe.Pointer(&b[0])), nil
}

// MapFile maps the beginning of a file, for the parent and its victims alike.
func MapFile(f *os.File, size int) ([]byte, error) {
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("crash: map %s: %w", f.Name(), err)
	}
	return b, nil
}

// Close gives back the memory of a journal that has a file.
func (j *Journal) Close() error {
	return syscall.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(j)), journalSize))
}

// Report leaves word of what went wrong; the first one counts.
func (s *Slot) Report(err error) {
	if s.trouble[0] == 0 {
		copy(s.trouble[1:], err.Error())
		s.trouble[0] = 1
	}
}

// Trouble returns what was reported, nil if all is well.
func (s *Slot) Trouble() error {
	if s.trouble[0] == 0 {
		return nil
	}
	return fmt.Errorf("a worker says: %s", bytes.TrimRight(s.trouble[1:], "\x00"))
}
