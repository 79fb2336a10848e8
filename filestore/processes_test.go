package filestore_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/coatcheck/coatcheck/filestore"
)

// sharedDir tells a process of this test where the store is.
const sharedDir = "FILESTORE_SHARED"

// TestContractInSeveralProcesses runs the rules that need no peace in three
// processes on one directory at the same time.
func TestContractInSeveralProcesses(t *testing.T) {
	if dir := os.Getenv(sharedDir); dir != "" {
		suiteIn(dir, filestore.Open, filestore.Process).Run(t)
		return
	}
	dir := place(t)
	done := make(chan string)
	const processes = 3
	for range processes {
		go func() {
			cmd := exec.Command(os.Args[0], "-test.count=1",
				"-test.run=^TestContractInSeveralProcesses$/^(Load|Create|Replace|Touch|Delete|Version|Race|Mixup|Peer|Owned)$")
			cmd.Env = append(os.Environ(), sharedDir+"="+dir)
			out, err := cmd.CombinedOutput()
			if err == nil {
				out = nil
			}
			done <- string(out)
		}()
	}
	for range processes {
		if out := <-done; out != "" {
			t.Error(out)
		}
	}
}
