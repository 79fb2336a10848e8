package hashstore

import (
	"os"
	"syscall"
	"unsafe"
)

const (
	fPunchHole = 99 // F_PUNCHHOLE
)

// syncFile brings f to the disk: os.File.Sync is F_FULLFSYNC here.
func syncFile(f *os.File) error { return f.Sync() }

func writeSync(f *os.File, p []byte, off int64) error { return plainWriteSync(f, p, off) }

func allocate(f *os.File, off, n int64) error { return plainAllocate(f, off, n) }

// hole is fpunchhole_t.
type hole struct {
	flags, reserved uint32
	off, n          int64
}

// punch takes the blocks of a range away.
func punch(f *os.File, off, n int64) error {
	from := (off + pageSize - 1) &^ (pageSize - 1)
	to := (off + n) &^ (pageSize - 1)
	if to <= from {
		return nil
	}
	h := hole{off: from, n: to - from}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var e syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, e = syscall.Syscall(syscall.SYS_FCNTL, fd, fPunchHole, uintptr(unsafe.Pointer(&h)))
	})
	if err == nil && e != 0 {
		err = os.NewSyscallError("fcntl", e)
	}
	return err
}
