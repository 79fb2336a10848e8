package main

import (
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be a process that keeps records, as main does.
func TestMain(m *testing.M) {
	program.Child()
	os.Exit(m.Run())
}

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

func TestFlagErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-slice", "0s"},
		{"-records", "10"},
		{"-only", "speed,tables"},
		{"-engines", "abacus"},
		{"speed"},
	} {
		if conf, err := parseFlags(args, new(strings.Builder)); err == nil {
			t.Errorf("%q is accepted: %+v", args, conf)
		}
	}
}
