//go:build unix

package hashstore

import (
	"errors"
	"syscall"
)

// isNoSpace reports whether err says that disk, quota or limit are full.
func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
