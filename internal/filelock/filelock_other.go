//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

func try(*os.File) (held bool, err error) { return false, errors.ErrUnsupported }
func unlock(*os.File) error               { return errors.ErrUnsupported }
