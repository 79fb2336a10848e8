//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package memstore

import (
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck"
)

// tryLock has no lock here that ends with the process.
func tryLock(f *os.File) (held bool, err error) {
	return false, fmt.Errorf("lock %s: no file locks on this system: %w", f.Name(), coatcheck.ErrUnsupported)
}
