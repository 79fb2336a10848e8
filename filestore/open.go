package filestore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
)

// Open returns a store that keeps its files in a directory, which any number
// of stores may have open at the same time, in this process and in others of
// the same user. Nil options are the defaults.
//
// Unless Options.MustExist is set, Open makes the directory if it is missing.
// One that belongs to another user, or that others may write into, is
// [coatcheck.ErrInvalid], as are options that break a rule, and what a later
// version of this package wrote.
//
// The first Open after a start of the machine looks at every record, to make
// sure that the index of owners is complete.
func Open(dir string, opts *Options) (*Store, error) {
	return openWith(openFolder, dir, opts)
}

func openWith(folders func(*os.Root, string) (folder, error), dir string, opts *Options) (*Store, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, fmt.Errorf("filestore: %w: the name of the directory is empty", coatcheck.ErrInvalid)
	}
	s := &Store{
		now: o.Now, logger: o.Logger, durable: o.Durability == Machine,
		openFolder: folders, done: make(chan struct{}),
	}
	for i := range s.shards {
		s.shards[i].turn = make(chan struct{}, 1)
	}
	if err = s.begin(dir, o.MustExist); err != nil {
		_ = s.release()
		return nil, fmt.Errorf("filestore: open %s: %w", dir, err)
	}
	return s, nil
}

// begin opens the directories.
func (s *Store) begin(dir string, mustExist bool) (err error) {
	if err := whyNoDirectory(dir, mustExist); err != nil {
		return err
	}
	if !mustExist {
		if err := s.makeRoot(dir); err != nil {
			return err
		}
	}
	if s.root, err = os.OpenRoot(dir); err != nil {
		return bare(err)
	}
	info, err := s.root.Stat(".")
	if err != nil {
		return bare(err)
	}
	if why := whyUnsafe(info); why != "" {
		return unfitf("it %s", why)
	}
	// One process at a time.
	f, err := openFolder(s.root, ".")
	if err != nil {
		return bare(err)
	}
	defer f.close() // and with it, the lock
	if err := s.await(context.Background(), f); err != nil {
		return err
	}
	if s.records, err = s.subdirectory(recordsDir); err != nil {
		return err
	}
	if s.owners, err = s.subdirectory(ownersDir); err != nil {
		return err
	}
	return s.recall(info)
}

// makeRoot makes the store's directory if it is missing.
func (s *Store) makeRoot(dir string) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case isThere(err):
		return nil
	case err != nil:
		return bare(err)
	}
	err = os.Chmod(dir, 0o700) // whatever the umask was
	if err == nil && s.durable {
		err = syncParent(dir)
	}
	return bare(err)
}

// syncParent waits until the name of a new directory has reached the disk.
func syncParent(dir string) error {
	d, err := os.Open(filepath.Dir(filepath.Clean(dir)))
	if err != nil {
		return err
	}
	defer d.Close()
	return syncDir(d)
}

// subdirectory opens a directory in the root, and makes it if it is missing.
func (s *Store) subdirectory(name string) (*os.Root, error) {
	if err := s.makeDir(s.root, name); err != nil {
		return nil, bare(err)
	}
	if err := checkDir(s.root, name); err != nil {
		return nil, bare(err)
	}
	return s.root.OpenRoot(name)
}
