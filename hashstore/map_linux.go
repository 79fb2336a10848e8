//go:build linux && (amd64 || arm64)

package hashstore

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// canMap reports whether files can be mapped here.
const canMap = true

// mapFile maps more of f than it has: a fault waits there, which nobody meets
// who goes by the number of segments. Unmapping is left to the garbage
// collector, since calls may be under way when the store is closed.
func mapFile(f *os.File) (unsafe.Pointer, func(), error) {
	b, err := syscall.Mmap(int(f.Fd()), 0, maxFile, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if errors.Is(err, syscall.ENOMEM) {
		runtime.GC() // maps of closed stores may be waiting for it
		b, err = syscall.Mmap(int(f.Fd()), 0, maxFile, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	}
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return unsafe.Pointer(&b[0]), func() { _ = syscall.Munmap(b) }, nil
}

// fillStep is in what pieces a range is filled, and so the size of the pages that
// the kernel may make for it. With larger ones it takes longer to change a small
// part of what has been written to the disk.
const fillStep = 64 << 10

// fillFile returns what writes zeros where there are none but zeros, after blocks
// were allocated. So the kernel makes pages for many bytes at once; a map brings
// them one by one, as they are written to, which takes three times as long. It is
// no harm if it fails.
func fillFile(f *os.File) func(off, n int64) {
	return func(off, n int64) {
		none := make([]byte, fillStep)
		for end := off + n; off < end; off += fillStep {
			if _, err := f.WriteAt(none, off); err != nil {
				return
			}
		}
	}
}
