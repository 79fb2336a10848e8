//go:build !unix

package main

import "fmt"

// startServer starts no server: package servers knows Unix only.
func startServer(string) (backend, error) {
	return backend{}, fmt.Errorf("%w: only on Unix", errMissing)
}
