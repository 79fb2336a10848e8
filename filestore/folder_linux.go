package filestore

import (
	"os"
	"path"
	"syscall"
)

// A linuxFolder does by bare system calls what happens for each request: a
// read is open, fstat, read and close. Its names are those of our own making,
// without a slash, and it follows no link, so that none leads out of the
// directory, which an [os.Root] has opened. It takes one descriptor.
type linuxFolder struct {
	dir    *os.File // keeps fd open
	fd     int
	parent *os.Root
	name   string // in parent
}

// openFolder opens a directory in parent, "." for parent itself.
func openFolder(parent *os.Root, name string) (folder, error) {
	dir, err := parent.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	return &linuxFolder{dir, int(dir.Fd()), parent, name}, nil
}

// open opens a file that is safe to use.
func (f *linuxFolder) open(name string, flag int) (fd int, size int64, err error) {
	fd, err = openat(f.fd, name, flag, 0)
	if err == syscall.ELOOP {
		return -1, 0, refusal("is a symbolic link")
	} else if err == syscall.ENXIO || err == syscall.EISDIR || err == syscall.ENODEV {
		return -1, 0, refusal("is no regular file")
	} else if err == syscall.EACCES {
		info, lerr := f.parent.Lstat(path.Join(f.name, name))
		if lerr == nil {
			err = whyDenied(info, err)
		}
		return -1, 0, err
	} else if err != nil {
		return -1, 0, err
	}
	var st syscall.Stat_t
	if err = syscall.Fstat(fd, &st); err == nil {
		err = checkStat(&st)
	}
	if err != nil {
		syscall.Close(fd)
		return -1, 0, err
	}
	return fd, st.Size, nil
}

func openat(dir int, name string, flag int, mode uint32) (fd int, err error) {
	for {
		fd, err = syscall.Openat(dir, name, flag|openFlags|syscall.O_CLOEXEC, mode)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

func (f *linuxFolder) read(name string, limit int) ([]byte, error) {
	fd, size, err := f.open(name, syscall.O_RDONLY)
	if err != nil {
		return nil, err
	}
	b := make([]byte, min(size, int64(limit)))
	n, err := pread(fd, b)
	syscall.Close(fd)
	return b[:n], err
}

// pread reads b from the beginning of a file. It may be shorter.
func pread(fd int, b []byte) (n int, err error) {
	for n < len(b) {
		m, err := syscall.Pread(fd, b[n:], int64(n))
		if err == syscall.EINTR {
			continue
		}
		if err != nil || m <= 0 {
			return n, err
		}
		n += m
	}
	return n, nil
}

func (f *linuxFolder) edit(name string, change func([]byte) ([]byte, int64, error)) error {
	fd, size, err := f.open(name, syscall.O_RDWR)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var head [headSize]byte
	n, err := pread(fd, head[:min(size, headSize)])
	if err != nil {
		return err
	}
	patch, at, err := change(head[:n])
	if err != nil || patch == nil {
		return err
	}
	return pwrite(fd, patch, at)
}

func pwrite(fd int, b []byte, at int64) error {
	for len(b) > 0 {
		n, err := syscall.Pwrite(fd, b, at)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b, at = b[n:], at+int64(n)
	}
	return nil
}

func (f *linuxFolder) write(name string, b []byte, sync bool) error {
	fd, err := openat(f.fd, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = fill(fd, b, sync)
	if cerr := syscall.Close(fd); err == nil {
		err = cerr
	}
	if err != nil {
		_ = syscall.Unlinkat(f.fd, name)
	}
	return err
}

// fill gives a new file its mode and its content.
func fill(fd int, b []byte, sync bool) error {
	var st syscall.Stat_t
	err := syscall.Fstat(fd, &st)
	if err == nil && st.Mode&0o7777 != 0o600 { // a strict umask took more than it should
		err = syscall.Fchmod(fd, 0o600)
	}
	if err == nil {
		err = pwrite(fd, b, 0)
	}
	for err == nil && sync {
		if err = syscall.Fsync(fd); err != syscall.EINTR {
			break
		}
		err = nil
	}
	return err
}

func (f *linuxFolder) rename(from, to string) error {
	return syscall.Renameat(f.fd, from, f.fd, to)
}

func (f *linuxFolder) remove(name string) error { return syscall.Unlinkat(f.fd, name) }

func (f *linuxFolder) names() ([]string, error) {
	fd, err := openat(f.fd, ".", syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	dir := os.NewFile(uintptr(fd), f.name)
	defer dir.Close()
	return dir.Readdirnames(-1)
}

func (f *linuxFolder) sync() error         { return syncDir(f.dir) }
func (f *linuxFolder) lock() (bool, error) { return tryLock(f.dir) }
func (f *linuxFolder) unlock() error       { return unlock(f.dir) }
func (f *linuxFolder) close() error        { return f.dir.Close() }
