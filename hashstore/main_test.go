package hashstore_test

import (
	"os"
	"testing"
)

// Files stand in memory where there is a file system for it: what is tested
// here, the death of a process included, asks nothing of a disk, and a busy one
// takes its time.
func TestMain(m *testing.M) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		_ = os.Setenv("TMPDIR", "/dev/shm") // or they stand on the disk
	}
	os.Exit(m.Run())
}
