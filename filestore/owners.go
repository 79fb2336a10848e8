package filestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// addEntry notes that a session is about to belong to an owner. It is called
// under the lock of the session's shard, as everything is that changes entries,
// so that no sweep takes away one whose record is still to come. added is false
// if it was there.
func (s *Store) addEntry(owner string, id coatcheck.ID) (added bool, err error) {
	e := entryOf(owner, id)
	name := path.Join(e.dir(), e.name())
	f, err := s.owners.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if isMissing(err) {
		if err = s.makeDir(s.owners, e.dir()); err == nil {
			f, err = s.owners.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		}
	}
	switch {
	case isThere(err):
	case err != nil:
		return false, err
	default:
		added = true
		// Whatever the umask was.
		if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
			return true, err
		}
	}
	if s.durable {
		// An entry that was there may be one that the disk has not.
		err := s.syncOwners(e.dir())
		return added, err
	}
	return added, nil
}

// syncOwners waits until the entries in a directory have reached the disk.
func (s *Store) syncOwners(dir string) error {
	d, err := s.owners.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return syncDir(d)
}

// removeEntry removes an entry whose record is gone. If it cannot, a sweep
// will.
func (s *Store) removeEntry(owner string, id coatcheck.ID) {
	e := entryOf(owner, id)
	_ = s.owners.Remove(path.Join(e.dir(), e.name()))
}

// entries returns the names in a directory of entries that begin with prefix,
// sorted.
func (s *Store) entries(dir, prefix string) ([]string, error) {
	d, err := s.owners.Open(dir)
	if isMissing(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
	slices.Sort(names)
	return names, nil
}

// Owned implements [coatcheck.OwnerIndex]. The order is that of the IDs, and a
// page has at most a thousand. It reads the names of a 256th of all entries.
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) (ids []coatcheck.ID, next string, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.leave()
	if owner == "" {
		return nil, "", fmt.Errorf("filestore: %w: owner is empty, which means no owner", coatcheck.ErrInvalid)
	}
	if err := checkPage(cursor, limit); err != nil {
		return nil, "", err
	}
	e := entryOf(owner, coatcheck.ID{})
	names, err := s.entries(e.dir(), e.prefix())
	if err != nil {
		return nil, "", fmt.Errorf("filestore: entries of an owner: %w", bare(err))
	}
	for _, name := range names {
		e, ok := parseEntry(name)
		if !ok || cursor != "" && fileName(e.id) <= cursor {
			continue
		}
		if len(ids) == min(limit, maxPage) {
			return ids, fileName(ids[len(ids)-1]), nil
		}
		ids = append(ids, e.id)
	}
	return ids, "", nil
}
