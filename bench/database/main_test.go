package main

import (
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be a server process, as main does.
func TestMain(m *testing.M) {
	program.Child()
	os.Exit(m.Run())
}

// TestQuickRun makes the whole tool run. Every reply is right, and no read of
// ours writes anything.
func TestQuickRun(t *testing.T) {
	conf, err := parseFlags([]string{"-quick", "-warm", "5ms", "-measure", "30ms"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(conf, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "Void:") {
		t.Errorf("a row is void:\n%s", text)
	}
	if strings.Contains(text, "Left out:") {
		if os.Getenv("CI") == "true" {
			t.Errorf("a database is missing:\n%s", text)
		}
		t.Log("a database is missing (make deps)")
		return
	}
	for _, name := range backendNames {
		for _, s := range sites(name) {
			if !strings.Contains(text, "| "+backend{Name: name}.title()+" | "+s.name+" |") {
				t.Errorf("no row for %s on %s", s.name, name)
			}
		}
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "writes of one request") && !strings.Contains(line, "| met |") {
			t.Error(line)
		}
	}
}

func TestFlagErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-measure", "0s"},
		{"-pool", "0"},
		{"-procs", "0"},
		{"-only", "sqlite,oracle"},
		{"sqlite"},
	} {
		if conf, err := parseFlags(args, new(strings.Builder)); err == nil {
			t.Errorf("%q is accepted: %+v", args, conf)
		}
	}
}
