//go:build !linux

package filestore

import "os"

// openFolder opens a directory in parent, "." for parent itself.
func openFolder(parent *os.Root, name string) (folder, error) { return openRootFolder(parent, name) }
