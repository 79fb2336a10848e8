package itest_test

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// torture reports whether the long counts are asked for.
func torture() bool { return os.Getenv("COATCHECK_TORTURE") == "1" }

// scale returns the count for an ordinary run or for torture.
func scale(ordinary, long int) int {
	if torture() {
		return long
	}
	return max(ordinary/slower, 1)
}

// rapidScale sets how many cases rapid tries and how long they are on average,
// unless somebody else said so. It returns the number of cases.
func rapidScale(t *testing.T, checks, steps int) int {
	t.Helper()
	preset(t, "rapid.steps", "RAPID_STEPS", strconv.Itoa(steps))
	n, err := strconv.Atoi(preset(t, "rapid.checks", "RAPID_CHECKS", strconv.Itoa(checks)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// preset gives a value to a flag for the time of a test, unless the command
// line or the environment gave one, and returns what it is.
func preset(t *testing.T, name, env, value string) string {
	t.Helper()
	f := flag.Lookup(name)
	given := os.Getenv(env) != ""
	flag.Visit(func(v *flag.Flag) { given = given || v == f })
	old := f.Value.String()
	if given {
		return old
	}
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
	return value
}

// scratch returns an empty directory in memory, where there is such a thing,
// that goes with the test: what stores do is tested here, and not the disk.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "itest")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
