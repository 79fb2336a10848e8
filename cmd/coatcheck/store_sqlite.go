package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/storeurl"
)

// sqliteFile makes the file at path unless it is there, and returns what keeps
// its log as programs of ours want it. One that must exist stays as it is.
func sqliteFile(path string, mustExist bool) (pragma string, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", errNoFile // opening a pipe would wait for its other end
	}
	mode := os.O_RDWR
	if !mustExist {
		mode, pragma = mode|os.O_CREATE, "&_pragma=journal_mode(WAL)"
	}
	f, err := os.OpenFile(path, mode, 0o600)
	if mustExist && errors.Is(err, fs.ErrNotExist) {
		return "", lackf("there is no store at %s", path)
	}
	if err != nil {
		return "", err
	}
	return pragma, f.Close()
}

var errNoFile = errors.New("it is not a regular file: name one, or one that is to be made")

// notSQLite says which file an error is about, once, and what to do.
func notSQLite(path string, err error) error {
	if err == nil || errors.Is(err, storeurl.ErrAbsent) {
		return err
	}
	err = bare(err)
	above, aerr := os.Stat(filepath.Dir(path))
	switch {
	case errors.Is(aerr, fs.ErrNotExist):
		err = reworded{err, "its directory does not exist: make it"}
	case aerr == nil && !above.IsDir():
		err = reworded{err, "what should be its directory is a file"}
	case exit.NoDatabase(err):
		err = reworded{err, "it is not a database of SQLite, or an encrypted one: name another file"}
	}
	return fmt.Errorf("sqlite: open %s: %w", path, err)
}

// bare is an error of a file without the name of that.
func bare(err error) error {
	if bad := (*fs.PathError)(nil); errors.As(err, &bad) {
		return bad.Err
	}
	return err
}

// A reworded error says in words of ours what another one means.
type reworded struct {
	error
	text string
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.error }
