package keyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Rights of a file of keys: a new one is for its owner alone. One whose group
// could read it stays so, and nobody else gets any.
const (
	private = 0o600
	allowed = 0o640
)

// Read reads the file at path.
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no file of keys, such as coatcheck keys new makes: %w", path, err)
	}
	return f, nil
}

// Create writes f to a new file at path. One that exists is [fs.ErrExist].
func Create(path string, f *File) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return err
	}
	if err := finish(out, f.text()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncDir(filepath.Dir(path))
}

// Change reads the file at path, lets fn change it, and puts the result in its
// place in one step: a reader sees the old file or the new one, whole. Owner
// and group stay. Two changes at a time are [fs.ErrExist] for the second.
func Change(path string, fn func(*File) error) error {
	path, err := filepath.EvalSymlinks(path) // it is the file that changes, not the name for it
	if err != nil {
		return err
	}
	next := path + ".new" // the lock, too
	out, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: somebody else is changing the keys; if that was interrupted, delete %s", err, next)
	}
	if err != nil {
		return err
	}
	if err := change(path, out, fn); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncDir(filepath.Dir(path))
}

// change writes to out what fn makes of the file at path.
func change(path string, out *os.File, fn func(*File) error) error {
	f, err := Read(path)
	if err == nil {
		err = fn(f)
	}
	if err == nil {
		err = likeOld(path, out)
	}
	if err != nil {
		return errors.Join(err, out.Close())
	}
	return finish(out, f.text())
}

// likeOld gives out the owner and the rights of the file at path.
func likeOld(path string, out *os.File) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := keepOwner(out, info); err != nil {
		return fmt.Errorf("%w: run it as the file's owner", err)
	}
	return out.Chmod(info.Mode().Perm()&allowed | private)
}

// finish writes text and makes it last.
func finish(out *os.File, text []byte) error {
	_, err := out.Write(text)
	return errors.Join(err, out.Sync(), out.Close())
}

// syncDir makes a new name last, where systems let a folder be synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // some systems refuse it
	return d.Close()
}
