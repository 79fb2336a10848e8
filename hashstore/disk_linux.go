package hashstore

import (
	"errors"
	"io"
	"os"
	"syscall"
	"unsafe"
)

const (
	fallocKeepSize  = 1
	fallocPunchHole = 2
	rwfDsync        = 2
	msSync          = 4
)

// syncFile brings the data of f to the disk, and what is needed to find it.
func syncFile(f *os.File) error {
	return retry("fdatasync", func(fd int) error { return syscall.Fdatasync(fd) }, f)
}

// allocate gives a range blocks.
func allocate(f *os.File, off, n int64) error {
	err := retry("fallocate", func(fd int) error { return syscall.Fallocate(fd, 0, off, n) }, f)
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return plainAllocate(f, off, n)
	}
	return err
}

// punch takes the blocks of a range away.
func punch(f *os.File, off, n int64) error {
	return retry("fallocate", func(fd int) error {
		return syscall.Fallocate(fd, fallocKeepSize|fallocPunchHole, off, n)
	}, f)
}

// retry calls a function until it is not interrupted.
func retry(name string, call func(fd int) error, f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var got error
	err = raw.Control(func(fd uintptr) {
		for {
			if got = call(int(fd)); !errors.Is(got, syscall.EINTR) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError(name, got)
}

// writeSync writes p and brings just that to the disk. Where the file system
// cannot do so in one call it is two.
func writeSync(f *os.File, p []byte, off int64) error {
	for len(p) > 0 {
		n, err := pwriteDsync(f, p, off)
		if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
			return plainWriteSync(f, p, off)
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrShortWrite
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

func pwriteDsync(f *os.File, p []byte, off int64) (n int, err error) {
	vec := syscall.Iovec{Base: &p[0]}
	vec.SetLen(len(p))
	err = retry("pwritev2", func(fd int) error {
		// The offset comes in two halves, of which a 64-bit kernel takes all
		// from the first.
		r, _, e := syscall.Syscall6(sysPwritev2, uintptr(fd), uintptr(unsafe.Pointer(&vec)), 1,
			uintptr(off), uintptr(uint64(off)>>32), rwfDsync)
		n = int(r)
		if e != 0 {
			return e
		}
		return nil
	}, f)
	return n, err
}

// syncMap brings a range of a map to the disk. Unlike fdatasync it leaves out
// the rest of the file, where touches are hot.
func syncMap(base unsafe.Pointer) func(p []byte, off int64) error {
	return func(p []byte, off int64) error {
		from := off &^ (pageSize - 1)
		size := off + int64(len(p)) - from
		for {
			_, _, e := syscall.Syscall(syscall.SYS_MSYNC, uintptr(base)+uintptr(from), uintptr(size), msSync)
			if e == 0 {
				return nil
			}
			if e != syscall.EINTR {
				return os.NewSyscallError("msync", e)
			}
		}
	}
}
