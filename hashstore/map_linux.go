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
