package filestore

import (
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck/internal/filelock"
)

// tryLock locks f until unlock or the end of the process. held is false if
// somebody else has it.
func tryLock(f *os.File) (held bool, err error) {
	if held, err = filelock.Try(f); err != nil {
		err = fmt.Errorf("lock: %w", err)
	}
	return held, err
}

func unlock(f *os.File) error {
	if err := filelock.Unlock(f); err != nil {
		return fmt.Errorf("unlock: %w", err)
	}
	return nil
}
