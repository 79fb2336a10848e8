//go:build linux

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTwoExports: two exports into one file at once are both whole, one after
// the other, and leave nothing beside it.
func TestTwoExports(t *testing.T) {
	_, args := copyStore(t)
	from := args[1]
	out := filepath.Join(filepath.Dir(strings.TrimPrefix(from, "hash:")), "all.ndjson")
	var both [2]*exec.Cmd
	for i := range both {
		both[i] = exec.CommandContext(t.Context(), build(t), "export", "-s", from, "-o", out, "--rate", "1000")
		if err := both[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, cmd := range both {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got := do(t, "", "import", "-s", "mem:", "--dry-run", out); !strings.HasPrefix(got.stdout, "300 sessions would be imported") {
		t.Errorf("%+v", got)
	}
	if left, _ := filepath.Glob(out + ".*"); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
}
