//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTwoProgramsOnOneDatabase: two programs on one SQLite file behave as one:
// they count on, and a logout in one is a logout in both.
func TestTwoProgramsOnOneDatabase(t *testing.T) {
	program := build(t)
	file := filepath.Join(t.TempDir(), "100% sessions?.db")
	args := []string{"--listen", "127.0.0.1:0", "--store", "sqlite:/" + file} // two slashes begin no host
	one, two := launch(t, program, args...), launch(t, program, args...)
	c := newClient(t)
	for i, want := range []string{"1\n", "2\n", "3\n", "4\n"} {
		p := []*process{one, two}[i%2]
		if got := p.get(c, "/count"); got != want {
			t.Errorf("/count: %q, want %q", got, want)
		}
	}
	one.end(syscall.SIGTERM)
	if got := two.get(c, "/count"); got != "5\n" {
		t.Errorf("when the other has ended, /count is %q", got)
	}
	two.end(syscall.SIGTERM)
	again := launch(t, program, args...)
	if got := again.get(c, "/count"); got != "6\n" {
		t.Errorf("after a restart, /count is %q", got)
	}
	files, _ := filepath.Glob(strings.ReplaceAll(file, "?", "[?]") + "*")
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want it for its owner only", name, info.Mode(), err)
		}
	}
	if len(files) == 0 {
		t.Error("there is no file")
	}
}
