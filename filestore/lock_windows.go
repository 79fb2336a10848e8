package filestore

import (
	"errors"
	"fmt"
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

// lockName is the file that is locked in place of its directory.
const lockName = "lock"

// openLocker returns what tryLock locks: a file, since a directory cannot be
// locked here.
func openLocker(root *os.Root, _ *os.File) (*os.File, error) {
	return root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
}

// tryLock locks f until unlock or the end of the process. held is false if
// somebody else has it.
func tryLock(f *os.File) (held bool, err error) {
	var at syscall.Overlapped
	ok, _, err := lockFileEx.Call(f.Fd(), lockExclusive|lockFailImmediately, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	switch {
	case ok != 0:
		return true, nil
	case errors.Is(err, errLockViolation):
		return false, nil
	}
	return false, fmt.Errorf("lock: %w", err)
}

func unlock(f *os.File) error {
	var at syscall.Overlapped
	if ok, _, err := unlockFileEx.Call(f.Fd(), 0, 1, 0, uintptr(unsafe.Pointer(&at))); ok == 0 {
		return fmt.Errorf("unlock: %w", err)
	}
	return nil
}
