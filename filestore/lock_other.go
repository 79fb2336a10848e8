//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filestore

import (
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck"
)

// openLocker has no lock here that ends with the process.
func openLocker(*os.Root, *os.File) (*os.File, error) {
	return nil, fmt.Errorf("no file locks on this system: %w", coatcheck.ErrUnsupported)
}
