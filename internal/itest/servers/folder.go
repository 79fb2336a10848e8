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
