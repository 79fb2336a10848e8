package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// The file "state" says what wrote the directory, and since which start of the
// machine the index of owners is known to be complete, in this very directory:
//
//	coatcheck filestore 1
//	index 6f1d…-… 2049:1234
//
// The second line is missing if it is not known to be.
//
// As long as the machine runs, an entry is there before its record is, whatever
// becomes of processes. A crash of the machine may take away either.
const stateHeader = "coatcheck filestore 1\n"

// recall reads the state, and repairs the index if it must. It is called under
// the lock of the root.
func (s *Store) recall(root fs.FileInfo) error {
	if info, err := s.root.Lstat(stateName); err == nil && !info.Mode().IsRegular() {
		return unfitf("its file %q is %s: remove it", stateName, kind(info.Mode()))
	}
	b, err := s.root.ReadFile(stateName)
	if err != nil && !isMissing(err) {
		return bare(err)
	}
	if err == nil && len(b) > 0 && !strings.HasPrefix(string(b), stateHeader) {
		return unfitf("its file %q is of another format than this program reads: use the program that wrote it, or another directory", stateName)
	}
	boot := bootID()
	want := fmt.Sprintf("%sindex %s %s\n", stateHeader, boot, identity(root))
	if boot != "" && string(b) == want {
		return nil
	}
	complete, err := s.repair(context.Background())
	if err != nil {
		return err
	}
	if !complete {
		s.logger.Warn("filestore: the index of owners lacks files that are refused; Repair adds them when they are put right")
		want = stateHeader
	}
	err = s.remember(want)
	if errors.Is(err, coatcheck.ErrFull) || isReadOnly(err) {
		// Sessions can still be read. The next Open looks again.
		s.logger.Warn("filestore: no way to note that the index of owners is complete", "err", err)
		return nil
	}
	return err
}

// remember writes the state.
func (s *Store) remember(state string) error {
	_ = s.root.Remove(stateTemp)
	if err := s.root.WriteFile(stateTemp, []byte(state), 0o600); err != nil {
		return unwritten(err)
	}
	err := s.root.Chmod(stateTemp, 0o600) // whatever the umask was
	if err == nil {
		err = s.root.Rename(stateTemp, stateName)
	}
	if err != nil {
		_ = s.root.Remove(stateTemp)
	}
	return err
}

// Repair makes sure that the index of owners has an entry for every record that
// belongs to one. [Open] does it when it must; call it after files were put
// into the directory by hand, out of a backup perhaps: they must belong to the
// program's user and have mode 600. It passes over what is damaged, and may run
// while the store is in use.
func (s *Store) Repair(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	_, err := s.repair(ctx)
	return err
}

// repair is Repair. complete is false if there are files that were refused: they
// may be put right, and have owners then.
func (s *Store) repair(ctx context.Context) (complete bool, err error) {
	complete = true
	for id, f := range s.walk(ctx, "", &err) {
		_, owner, err := readHead(f, id)
		switch {
		case isMissing(err), isCorrupt(err), err == nil && owner == "":
			complete = complete && !isRefused(err)
			continue
		case err != nil:
			return false, failed("repair", id, err)
		}
		if err := s.reenter(ctx, id); err != nil {
			return false, err
		}
	}
	return complete, err
}

// reenter adds the entry of a record, if it is missing.
func (s *Store) reenter(ctx context.Context, id coatcheck.ID) error {
	return s.locked(ctx, "repair", id, func(h hold) error {
		_, owner, err := h.head(id)
		if isMissing(err) || isCorrupt(err) || err == nil && owner == "" {
			return nil
		}
		if err == nil {
			_, err = h.addEntry(owner, id)
		}
		return unwritten(err)
	})
}
