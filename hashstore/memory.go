package hashstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"unsafe"

	"github.com/coatcheck/coatcheck"
)

// memory is the file as words and bytes: a map of it, or reads and writes.
// What goes wrong is a panic with an accessError, which [Store.protect] makes an
// error of the method: a map cannot report anything otherwise either.
type memory struct {
	base  unsafe.Pointer // nil without a map
	limit int64          // bytes that may be asked for
	disk  disk
	fill  func(off, n int64) // see fillFile; nil without a map

	// Without a map the words of the control page are kept while the lock is
	// held.
	page  [identityAt - controlAt]byte
	paged bool
}

// keepPage reads the control page, which nobody else changes now.
func (m *memory) keepPage() {
	m.read(m.page[:], controlAt)
	m.paged = true
}

func (m *memory) dropPage() { m.paged = false }

// kept returns a word of the control page, if it is kept.
func (m *memory) kept(off int64) []byte {
	if !m.paged || off < controlAt || off >= identityAt {
		return nil
	}
	return m.page[off-controlAt:][:8]
}

// An accessError is a failed read or write, or one out of bounds.
type accessError struct{ err error }

func (e accessError) Error() string { return e.err.Error() }

var errBounds = fmt.Errorf("%w: an offset in it is out of bounds; see Repair", coatcheck.ErrCorrupt)

// check panics unless [off, off+n) may be accessed.
func (m *memory) check(off int64, n int) {
	if off < 0 || off > m.limit-int64(n) {
		panic(accessError{errBounds})
	}
}

func (m *memory) word(off int64) *uint64 {
	m.check(off, 8)
	return (*uint64)(unsafe.Add(m.base, off))
}

// load reads the word at off, which is a multiple of eight.
func (m *memory) load(off int64) uint64 {
	if m.base != nil {
		return atomic.LoadUint64(m.word(off))
	}
	if b := m.kept(off); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	var b [8]byte
	m.read(b[:], off)
	return binary.LittleEndian.Uint64(b[:])
}

// store writes a word in one step.
func (m *memory) store(off int64, v uint64) {
	if m.base != nil {
		atomic.StoreUint64(m.word(off), v)
		return
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	m.write(b[:], off)
	if b := m.kept(off); b != nil {
		binary.LittleEndian.PutUint64(b, v)
	}
}

// add changes a word of those that only the holder of the lock changes.
func (m *memory) add(off int64, by int64) { m.store(off, m.load(off)+uint64(by)) }

// swap replaces a word if it is old.
func (m *memory) swap(off int64, old, v uint64) bool {
	if m.base != nil {
		return atomic.CompareAndSwapUint64(m.word(off), old, v)
	}
	if m.load(off) != old {
		return false
	}
	m.store(off, v)
	return true
}

// read copies what is at off.
func (m *memory) read(p []byte, off int64) {
	m.check(off, len(p))
	if m.base != nil {
		copy(p, unsafe.Slice((*byte)(unsafe.Add(m.base, off)), len(p)))
		return
	}
	n, err := m.disk.ReadAt(p, off)
	if errors.Is(err, io.EOF) {
		clear(p[n:]) // as a map shows what was never written
		err = nil
	}
	if err != nil {
		panic(accessError{fmt.Errorf("read: %w", err)})
	}
}

// write copies p to off.
func (m *memory) write(p []byte, off int64) {
	m.check(off, len(p))
	if m.base != nil {
		copy(unsafe.Slice((*byte)(unsafe.Add(m.base, off)), len(p)), p)
		return
	}
	if _, err := m.disk.WriteAt(p, off); err != nil {
		panic(accessError{fmt.Errorf("write: %w", err)})
	}
}

// view returns n bytes at off: those of the map itself, or a copy. They are for
// reading, and for now.
func (m *memory) view(off int64, n int) []byte {
	m.check(off, n)
	if m.base != nil {
		return unsafe.Slice((*byte)(unsafe.Add(m.base, off)), n)
	}
	p := make([]byte, n)
	m.read(p, off)
	return p
}

// zero clears a range.
func (m *memory) zero(off, n int64) {
	m.check(off, int(n))
	if m.base != nil {
		clear(unsafe.Slice((*byte)(unsafe.Add(m.base, off)), n))
		return
	}
	none := make([]byte, min(n, 1<<20))
	for n > 0 {
		k := min(n, int64(len(none)))
		m.write(none[:k], off)
		off, n = off+k, n-k
	}
}
