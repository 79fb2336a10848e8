package transfer

import (
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck"
)

// lockFile makes sure that no other copy uses the state. The system takes the
// lock away when the process ends, however it ends. The file stays: to remove
// it would let two processes lock two files of the same name.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	held, err := TryLock(f)
	if err == nil && !held {
		err = fmt.Errorf("another copy is at work with it: %w", coatcheck.ErrConflict)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
