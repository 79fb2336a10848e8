package filestore

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openFlags have no counterpart here; open looks before it opens.
const openFlags = 0

// checkFile accepts every file: access is a matter of the directory's list.
func checkFile(fs.FileInfo) error { return nil }

// whyUnsafe accepts every directory.
func whyUnsafe(fs.FileInfo) string { return "" }

// identity knows nothing that tells a directory from a copy of it.
func identity(fs.FileInfo) string { return "" }

// syncDir does nothing: a directory cannot be synchronised.
func syncDir(*os.File) error { return nil }

const (
	errHandleDiskFull = syscall.Errno(39)
	errDiskFull       = syscall.Errno(112)
)

func isFull(err error) bool {
	return errors.Is(err, errDiskFull) || errors.Is(err, errHandleDiskFull)
}

func isTooBig(error) bool   { return false }
func isReadOnly(error) bool { return false }
