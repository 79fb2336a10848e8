//go:build !race

package main

import (
	"os"
	"strings"
	"testing"
)

// TestQuickRun makes the whole tool run, and every reply is right.
func TestQuickRun(t *testing.T) {
	conf, err := parseFlags([]string{"-quick"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(conf, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "void\n") || strings.Contains(text, "Void:") || strings.Contains(text, "| void |") {
		t.Errorf("a row is void:\n%s", text)
	}
	for _, lib := range libraries() {
		if !strings.Contains(text, "| "+lib.name+" |") {
			t.Errorf("no row for %s", lib.name)
		}
	}
	for _, heading := range []string{"## A request in one process", "## Over loopback", "## What becomes of one session"} {
		if !strings.Contains(text, heading) {
			t.Errorf("no %q", heading)
		}
	}
	if !strings.Contains(text, "A short run") {
		t.Error("a quick run does not say that its figures are rough")
	}
}
