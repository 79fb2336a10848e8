package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
)

// An unfit says why a directory cannot be a store's, and what to do. It is
// [coatcheck.ErrInvalid], whose own words would not help.
type unfit string

func (e unfit) Error() string { return string(e) }
func (e unfit) Unwrap() error { return coatcheck.ErrInvalid }

// unfitf returns one.
func unfitf(format string, args ...any) error { return unfit(fmt.Sprintf(format, args...)) }

// whyNoDirectory says why there can be no store at dir, nil if it seems to be a
// directory, or can be made one. What is none is not opened: a pipe would wait
// for its other end.
func whyNoDirectory(dir string, mustExist bool) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return unfit("it is not a directory: name one, or one that is to be made")
	case err == nil:
		return nil
	}
	above, aerr := os.Stat(filepath.Dir(filepath.Clean(dir)))
	switch {
	case aerr == nil && !above.IsDir():
		return unfit("what should be its parent directory is a file")
	case isMissing(aerr):
		return unfit("its parent directory does not exist: make it, for it is not ours to choose who may use it")
	case isMissing(err) && mustExist:
		return absent{}
	case isMissing(err):
		return nil
	}
	return bare(err)
}

// An absent is the error of a directory that is missing.
type absent struct{}

func (absent) Error() string { return "it does not exist" }
func (absent) Unwrap() error { return fs.ErrNotExist }

// A removed is the error of a call that needs a directory which is not there any
// more, though it was when the store opened it.
type removed struct{ err error }

func (e removed) Error() string {
	return "a directory of the store was removed or replaced under it (" + bare(e.err).Error() + "): open the store again"
}

func (e removed) Unwrap() error { return bare(e.err) }
