package main

import (
	"os"
	"testing"
)

// TestMain lets the test binary be a server process, as main does.
func TestMain(m *testing.M) {
	program.Child()
	os.Exit(m.Run())
}
