//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package transfer

import (
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck"
)

// TryLock has no lock here that ends with the process.
func TryLock(*os.File) (held bool, err error) {
	return false, fmt.Errorf("no file locks on this system: %w", coatcheck.ErrUnsupported)
}
