package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An export into a folder for everybody does not go where somebody else's link
// leads; links of one's own, and of the folder's owner, are good.
func TestExportIntoAPlantedLink(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can make a link of another user")
		}
		t.Skip("only root can make a link of another user")
	}
	shared, home := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	out := filepath.Join(shared, "all.ndjson")
	for _, err := range []error{
		os.Chmod(shared, 0o777|os.ModeSticky), os.WriteFile(home, []byte("precious"), 0o600),
		os.Symlink(home, out), os.Lchown(out, 4711, -1),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := do(t, "", "export", "-s", "mem:", "-o", out); got.code != 2 || !strings.Contains(got.stderr, "name another file") {
		t.Errorf("%+v", got)
	}
	if text, err := os.ReadFile(home); string(text) != "precious" {
		t.Errorf("the file behind the link holds %q, %v", text, err)
	}
	for _, owner := range []int{0, 4712} { // one's own, and that of whose the folder is
		if err := os.Lchown(out, owner, -1); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(shared, owner, -1); err != nil {
			t.Fatal(err)
		}
		if got := do(t, "", "export", "-s", "mem:", "-o", out); got.code != 0 {
			t.Errorf("%+v", got)
		}
	}
}
