package memstore

import (
	"errors"
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/filelock"
)

// lockFile makes sure that no other process uses the snapshot, nor this one a
// second time. The system takes the lock away when the process ends, however
// it ends. The file stays: to remove it would let two processes lock two
// files of the same name.
func lockFile(name string) (*os.File, error) {
	if made, err := (osDisk{}).Create(name); err == nil {
		made.Close()
	}
	f, _, err := openOwn(name, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	held, err := filelock.Try(f)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		err = fmt.Errorf("lock %s: no file locks on this system: %w", name, coatcheck.ErrUnsupported)
	case err != nil:
		err = fmt.Errorf("lock %s: %w", name, err)
	case !held:
		err = fmt.Errorf("another process, or another Open in this one, holds %s", name)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
