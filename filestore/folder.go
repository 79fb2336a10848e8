package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/coatcheck/coatcheck"
)

// A folder is an open directory. Its methods take names in it, and never leave
// it. A file that is not safe to use is refused with [coatcheck.ErrCorrupt]: a
// symbolic link, a pipe, a device, a file with a second name, of another user
// or of another mode than 600.
//
// A folder is safe for concurrent use, but for lock and unlock.
type folder interface {
	// read returns up to limit bytes of a file from its beginning.
	read(name string, limit int) ([]byte, error)

	// edit shows the first headSize bytes of a file to change, and writes
	// what that returns at an offset of the file; no patch, no writing.
	edit(name string, change func(head []byte) (patch []byte, at int64, err error)) error

	// write makes a new file, for our user only, whatever the umask; with
	// sync it waits for the disk. If it fails, the file is not there.
	write(name string, b []byte, sync bool) error

	rename(from, to string) error
	remove(name string) error
	names() ([]string, error)

	// sync waits until what happened to the names has reached the disk.
	sync() error

	// lock takes the lock of the directory, which the system takes away when
	// the process ends. held is false if another process has it.
	lock() (held bool, err error)
	unlock() error

	close() error
}

// A refused is the error about a file that is not safe to use. Unlike damage
// this may be mended.
type refused struct{ why string }

func (e *refused) Error() string { return coatcheck.ErrCorrupt.Error() + ": the file " + e.why }
func (e *refused) Unwrap() error { return coatcheck.ErrCorrupt }

func refusal(why string) error { return &refused{why} }

func isRefused(err error) bool {
	var r *refused
	return errors.As(err, &r)
}

// whyDenied returns what is wrong with a file that the system does not let us
// open: if that is the file's own fault, it is refused and costs one session.
// Else err stands.
func whyDenied(info fs.FileInfo, err error) error {
	if why := checkFile(info); why != nil {
		return why
	}
	return err
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
func isThere(err error) bool   { return errors.Is(err, fs.ErrExist) }
func isCorrupt(err error) bool { return errors.Is(err, coatcheck.ErrCorrupt) }

// bare returns err without the file's name, which has all of a session's ID.
func bare(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// failed is the error of a call for one session.
func failed(call string, id coatcheck.ID, err error) error {
	return fmt.Errorf("filestore: %s of session %s: %w", call, id.Short(), bare(err))
}

// unwritten is the error of a write that had no effect, translated into the
// words of the contract.
func unwritten(err error) error {
	switch {
	case isFull(err):
		return fmt.Errorf("%w: %w", coatcheck.ErrFull, bare(err))
	case isTooBig(err):
		return fmt.Errorf("%w: %w", coatcheck.ErrTooLarge, bare(err))
	}
	return err
}
