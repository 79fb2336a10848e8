//go:build !unix && !windows

package filestore

import (
	"io/fs"
	"os"
)

// Open fails on these systems, which have no file locks.

const openFlags = 0

func checkFile(fs.FileInfo) error  { return nil }
func whyUnsafe(fs.FileInfo) string { return "" }
func identity(fs.FileInfo) string  { return "" }
func syncDir(*os.File) error       { return nil }
func isFull(error) bool            { return false }
func isTooBig(error) bool          { return false }
func isReadOnly(error) bool        { return false }
