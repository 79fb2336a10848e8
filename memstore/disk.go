package memstore

import (
	"io"
	"os"
)

// A disk is what the store needs of a file system. Tests put one in its place
// that fails.
type disk interface {
	Create(name string) (file, error) // a new file that is its owner's alone
	Open(name string) (file, error)   // an existing file
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(name string) error // makes what happened to names in it last
}

// A file is what a disk opens.
type file interface {
	io.Writer
	io.ReaderAt
	io.WriterAt
	Sync() error
	Close() error
}

// osDisk is the real one.
type osDisk struct{}

func (osDisk) Create(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	// A strict umask may have taken more than it should.
	if err := f.Chmod(0o600); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (osDisk) Open(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_RDWR|noFollow, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) Remove(name string) error     { return os.Remove(name) }
func (osDisk) SyncDir(name string) error    { return syncDir(name) }

// replaceSnapshot writes a snapshot under a temporary name and then gives it its
// own, so that whoever opens it finds the old one or the new one, whole. If
// anything fails, one of them is still there and the temporary one is not.
func replaceSnapshot(d disk, names names, write func(io.Writer) error) error {
	d.Remove(names.temp) // what a crash left: nobody else holds our lock
	f, err := d.Create(names.temp)
	if err != nil {
		return err
	}
	if err = fill(f, write); err == nil {
		err = d.Rename(names.temp, names.snapshot)
	}
	if err != nil {
		d.Remove(names.temp)
		return err
	}
	return d.SyncDir(names.dir)
}

// fill writes a file to the end and closes it.
func fill(f file, write func(io.Writer) error) error {
	err := write(f)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
