//go:build unix

package hashstore

import (
	"errors"
	"os"
	"syscall"
)

// flock is the lock of a file that belongs to an open file, not to a process.
type flock struct{ f *os.File }

func (l flock) tryLock() (bool, error) {
	err := l.do(syscall.LOCK_EX | syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

func (l flock) unlock() error { return l.do(syscall.LOCK_UN) }

func (l flock) do(how int) error {
	raw, err := l.f.SyscallConn()
	if err != nil {
		return err
	}
	var got error
	err = raw.Control(func(fd uintptr) {
		for {
			if got = syscall.Flock(int(fd), how); !errors.Is(got, syscall.EINTR) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("flock", got)
}
