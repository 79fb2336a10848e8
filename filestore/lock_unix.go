//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package filestore

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openLocker returns what tryLock locks: the directory itself, so that there
// are no files for locks.
func openLocker(_ *os.Root, dir *os.File) (*os.File, error) { return dir, nil }

// tryLock locks f until unlock or the end of the process. held is false if
// somebody else has it.
func tryLock(f *os.File) (held bool, err error) {
	switch err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return true, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return false, nil
	default:
		return false, fmt.Errorf("lock: %w", err)
	}
}

func unlock(f *os.File) error { return flock(f, syscall.LOCK_UN) }

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
