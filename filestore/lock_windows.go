package filestore

import "os"

// lockName is the file that is locked in place of its directory.
const lockName = "lock"

// openLocker returns what tryLock locks: a file, since a directory cannot be
// locked here.
func openLocker(root *os.Root, _ *os.File) (*os.File, error) {
	return root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
}
