//go:build !linux

package filestore

// bootID is not known here.
func bootID() string { return "" }
