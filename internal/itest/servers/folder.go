//go:build unix

package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A folder's name tells whose it is, so that the next process can remove what
// one left that was killed.
func folder(kind string, pid int) string { return fmt.Sprintf("coatcheck-%s-%d-", kind, pid) }

// sweepFolders removes the folders of processes that are gone.
func sweepFolders(kind string) {
	prefix := filepath.Join(os.TempDir(), "coatcheck-"+kind+"-")
	left, _ := filepath.Glob(prefix + "*")
	for _, dir := range left {
		number, _, _ := strings.Cut(strings.TrimPrefix(dir, prefix), "-")
		pid, err := strconv.Atoi(number)
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			os.RemoveAll(dir) // or another process does
		}
	}
}

// Folder makes a temporary folder for a server that runs inside this process.
// It stays when the process ends, and a later one that asks for a folder of the
// same kind removes it.
func Folder(kind string) (string, error) {
	sweepFolders(kind)
	return os.MkdirTemp("", folder(kind, os.Getpid()))
}
