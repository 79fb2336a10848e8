package filelock_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/internal/filelock"
)

// One open of a file at a time has its lock, until it gives it back or is closed.
func TestLockIsForOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	try := func(f *os.File, want bool) {
		t.Helper()
		if held, err := filelock.Try(f); held != want || err != nil {
			t.Fatalf("Try: %v, %v; want %v", held, err, want)
		}
	}
	one, two, three := open(), open(), open()
	try(one, true)
	try(two, false)
	if err := filelock.Unlock(one); err != nil {
		t.Fatal(err)
	}
	try(two, true)
	try(one, false)
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	try(three, true)
}
