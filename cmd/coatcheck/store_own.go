package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// ownStore returns the URL of the store that the demo uses if it is told of
// none: a file in the user's cache folder, so that sessions outlive the
// program.
func ownStore() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for the demo's sessions (%w): name a store with --store, such as mem:", err)
	}
	dir := filepath.Join(cache, "coatcheck")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("%w: name a store with --store, such as mem:", err)
	}
	return "hash:" + filepath.Join(dir, "demo.sessions"), nil
}
