package hashstore

import (
	"os"

	"github.com/coatcheck/coatcheck/internal/filelock"
)

// flock is the lock of a file that belongs to an open file, not to a process.
type flock struct{ f *os.File }

func (l flock) tryLock() (bool, error) { return filelock.Try(l.f) }

func (l flock) unlock() error { return filelock.Unlock(l.f) }
