//go:build linux && !race

package crash_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// bin is where programs are built that the tests run, and where their files are.
var bin string

// quick is a file system in memory if there is a roomy one, "" otherwise: a killed
// process loses nothing of what it wrote, wherever that was.
func quick() string {
	const dir, room = "/dev/shm", 2 << 30
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil || s.Bavail*uint64(s.Bsize) < room {
		return ""
	}
	return dir
}

// These tests run without the race detector. It sees nothing in a map or in
// another process, and it reaches memory from a stack of its own, where nobody
// recovers from a page that a cut has taken away.
func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp(quick(), "coatcheck-crash-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(bin)
	os.Exit(code)
}

// torture reports whether the long counts are asked for.
func torture() bool { return os.Getenv("COATCHECK_TORTURE") == "1" }

// scale returns the count for an ordinary run or for torture.
func scale(ordinary, long int) int {
	if torture() {
		return long
	}
	return ordinary
}

var buildVictim = sync.OnceValues(func() (string, error) {
	path := filepath.Join(bin, "victim")
	out, err := exec.Command("go", "build", "-tags="+victimTags, "-o", path, "./victim").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the victim: %w\n%s", err, out)
	}
	return path, nil
})

// victim returns the program that is killed, built once for all tests.
func victim(t testing.TB) string {
	t.Helper()
	path, err := buildVictim()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
