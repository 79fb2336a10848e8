//go:build !linux && !darwin

package hashstore

import (
	"os"

	"github.com/coatcheck/coatcheck"
)

func syncFile(f *os.File) error { return f.Sync() }

func writeSync(f *os.File, p []byte, off int64) error { return plainWriteSync(f, p, off) }

func allocate(f *os.File, off, n int64) error { return plainAllocate(f, off, n) }

// punch cannot give space back in the middle of a file here. Its end is cut
// off instead, when it comes free.
func punch(*os.File, int64, int64) error { return coatcheck.ErrUnsupported }
