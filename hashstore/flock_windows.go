package hashstore

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

var (
	kernel32     = syscall.NewLazyDLL("kernel32.dll")
	lockFileEx   = kernel32.NewProc("LockFileEx")
	unlockFileEx = kernel32.NewProc("UnlockFileEx")
)

const (
	lockFailImmediately = 1
	lockExclusive       = 2
	errLockViolation    = syscall.Errno(33)
)

// flock is the lock of a byte far behind the end of the file: locked bytes
// cannot be read by others here.
type flock struct{ f *os.File }

func (l flock) at() *syscall.Overlapped { return &syscall.Overlapped{OffsetHigh: 1 << 28} }

func (l flock) tryLock() (bool, error) {
	ok, _, err := lockFileEx.Call(l.f.Fd(), lockExclusive|lockFailImmediately, 0, 1, 0, uintptr(unsafe.Pointer(l.at())))
	switch {
	case ok != 0:
		return true, nil
	case errors.Is(err, errLockViolation):
		return false, nil
	}
	return false, os.NewSyscallError("LockFileEx", err)
}

func (l flock) unlock() error {
	ok, _, err := unlockFileEx.Call(l.f.Fd(), 0, 1, 0, uintptr(unsafe.Pointer(l.at())))
	if ok != 0 {
		return nil
	}
	return os.NewSyscallError("UnlockFileEx", err)
}
