//go:build !(linux && (amd64 || arm64))

package hashstore

import (
	"os"
	"unsafe"

	"github.com/coatcheck/coatcheck"
)

// canMap reports whether files can be mapped here.
const canMap = false

func mapFile(*os.File) (unsafe.Pointer, func(), error) {
	return nil, nil, coatcheck.ErrUnsupported
}
func fillFile(*os.File) func(off, n int64) { return nil }
