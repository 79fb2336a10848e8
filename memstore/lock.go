package memstore

import (
	"fmt"
	"os"
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
	held, err := tryLock(f)
	if err == nil && !held {
		err = fmt.Errorf("another process, or another Open in this one, holds %s", name)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
