package hashstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
)

// A foreignError says why a file is of no use to this program, and what to do.
// It is [coatcheck.ErrUnsupported], whose own words would not help.
type foreignError string

func (e foreignError) Error() string { return string(e) }
func (e foreignError) Unwrap() error { return coatcheck.ErrUnsupported }

// foreign is the error of such a file.
func foreign(what string) error {
	return foreignError("it " + what + ": name another file, or move this one away to have a new one made")
}

// A refusal is an error of the system in words of ours.
type refusal struct {
	why string
	err error
}

func (e *refusal) Error() string { return e.why }
func (e *refusal) Unwrap() error { return e.err }

// whyRefused says why what is at path could not be opened. The path is not in
// it: whoever called names that.
func whyRefused(path string, err error) error {
	bare := err
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		bare = p.Err
	}
	info, lerr := os.Lstat(path)
	switch {
	case lerr == nil && info.Mode()&fs.ModeSymlink != 0:
		return &refusal{"it is a symbolic link: name the file itself", bare}
	case lerr == nil && info.IsDir():
		return &refusal{"it is a directory: name a file in it", bare}
	case lerr == nil && !info.Mode().IsRegular():
		return &refusal{"it is not a regular file: name one", bare}
	case lerr == nil:
		return bare
	}
	dir, derr := os.Stat(filepath.Dir(path))
	switch {
	case derr == nil && !dir.IsDir():
		return &refusal{"what should be its directory is a file", bare}
	case isMissing(derr):
		return &refusal{"its directory does not exist: make it", bare}
	case isMissing(err):
		return &refusal{"it does not exist", bare}
	}
	return bare
}
