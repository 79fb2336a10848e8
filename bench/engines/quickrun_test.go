//go:build !race

package main

import (
	"os"
	"strings"
	"testing"
)

// TestQuickRun makes the whole tool run, and no row is void.
func TestQuickRun(t *testing.T) {
	conf, err := parseFlags([]string{"-quick", "-dir", t.TempDir()}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(conf, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "Void:") || strings.Contains(text, "| void |") {
		t.Errorf("a row is void:\n%s", text)
	}
	for _, k := range kinds() {
		if !strings.Contains(text, "| "+k.name+" |") {
			t.Errorf("no row for %s", k.name)
		}
	}
	for _, want := range []string{"## One process", "## Two processes", "## Puts that wait", "## Size on disk", "A short run"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}
