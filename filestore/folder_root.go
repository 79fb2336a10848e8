package filestore

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// A rootFolder is a folder by means of [os.Root], on any system.
type rootFolder struct {
	root   *os.Root
	dir    *os.File // the directory itself
	locker *os.File // what is locked: the directory, or a file in it
}

// openRootFolder opens a directory in parent, "." for parent itself.
func openRootFolder(parent *os.Root, name string) (_ *rootFolder, err error) {
	root, err := parent.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			root.Close()
		}
	}()
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	locker, err := openLocker(root, dir)
	if err != nil {
		dir.Close()
		return nil, err
	}
	return &rootFolder{root, dir, locker}, nil
}

// open opens a file that is safe to use.
func (f *rootFolder) open(name string, flag int) (*os.File, int64, error) {
	seen, err := f.root.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if !seen.Mode().IsRegular() {
		return nil, 0, refusal("is " + kind(seen.Mode()))
	}
	file, err := f.root.OpenFile(name, flag|openFlags, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil, 0, whyDenied(seen, err)
	} else if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = refusal("is " + kind(info.Mode()))
	}
	if err == nil {
		err = checkFile(info)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

func kind(mode fs.FileMode) string { return "no regular file (" + mode.Type().String() + ")" }

func (f *rootFolder) read(name string, limit int) ([]byte, error) {
	file, size, err := f.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b := make([]byte, min(size, int64(limit)))
	n, err := io.ReadFull(file, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return b[:n], err
}

func (f *rootFolder) edit(name string, change func([]byte) ([]byte, int64, error)) error {
	file, size, err := f.open(name, os.O_RDWR)
	if err != nil {
		return err
	}
	defer file.Close()
	b := make([]byte, min(size, headSize))
	if _, err := file.ReadAt(b, 0); err != nil {
		return err
	}
	patch, at, err := change(b)
	if err != nil || patch == nil {
		return err
	}
	_, err = file.WriteAt(patch, at)
	return err
}

func (f *rootFolder) write(name string, b []byte, sync bool) (err error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|openFlags, 0o600)
	if err != nil {
		return err
	}
	// A strict umask may have taken more than it should.
	err = file.Chmod(0o600)
	if err == nil {
		_, err = file.Write(b)
	}
	if err == nil && sync {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = f.root.Remove(name)
	}
	return err
}

func (f *rootFolder) rename(from, to string) error { return f.root.Rename(from, to) }
func (f *rootFolder) remove(name string) error     { return f.root.Remove(name) }

func (f *rootFolder) names() ([]string, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

func (f *rootFolder) sync() error         { return syncDir(f.dir) }
func (f *rootFolder) lock() (bool, error) { return tryLock(f.locker) }
func (f *rootFolder) unlock() error       { return unlock(f.locker) }

func (f *rootFolder) close() error {
	err := f.dir.Close()
	if f.locker != f.dir {
		if lerr := f.locker.Close(); err == nil {
			err = lerr
		}
	}
	if rerr := f.root.Close(); err == nil {
		err = rerr
	}
	return err
}
