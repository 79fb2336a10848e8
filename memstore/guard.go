package memstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/coatcheck/coatcheck"
)

// openOwn opens a file that nobody else can have written: a regular one, not
// by way of a symbolic link, of our user and for our user only. A missing file
// is [fs.ErrNotExist].
func openOwn(name string, flag int) (*os.File, fs.FileInfo, error) {
	seen, err := os.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !seen.Mode().IsRegular() {
		return nil, nil, refusal(name, fmt.Sprintf("is no regular file (%v)", seen.Mode().Type()))
	}
	f, err := os.OpenFile(name, flag|noFollow, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(seen, info) {
		err = refusal(name, "was exchanged while it was opened")
	}
	if err == nil {
		err = checkOwn(name, info)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// refusal is the error about a file that is not safe to use.
func refusal(name, why string) error {
	return fmt.Errorf("%w: %s %s", coatcheck.ErrInvalid, name, why)
}

// checkDir returns an error if others can put files into the directory, or if
// it is none.
func checkDir(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return refusal(name, "is no directory")
	}
	return checkShared(name, info)
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
