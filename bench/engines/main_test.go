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
