//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package transfer

import (
	"errors"
	"os"
	"syscall"
)

// TryLock locks f until it is closed. held is false if somebody else has it.
func TryLock(f *os.File) (held bool, err error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}
