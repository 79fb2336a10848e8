package hashstore_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// record returns a record of an owner, or of nobody.
func record(owner string, size int) *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{
		Owner: owner, Version: 1, Data: make([]byte, size), Meta: []byte("meta"),
		Created: now, Expires: now.Add(time.Hour), Deadline: now.Add(24 * time.Hour),
	}
	for i := range rec.ID {
		rec.ID[i] = byte(rand.Uint32())
	}
	if owner != "" {
		rec.AuthTime = now
	}
	return rec
}

// must fails the test at an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// sound checks that Check finds nothing wrong.
func sound(t testing.TB, path string) *hashstore.Report {
	t.Helper()
	r, err := hashstore.Check(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range r.Faults {
		t.Errorf("Check: %s", fault)
	}
	return r
}

// fastDir is a directory in memory, where there is such.
func fastDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "hashstore")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// sharing returns the options of a file that several processes have open.
func sharing(o hashstore.Options) hashstore.Options {
	o.MaxBytes, o.SweepInterval, o.Durability = 32<<20, hashstore.NoSweep, hashstore.None()
	return o
}

// needsMap ends a test of what processes do while another one waits, which only a
// map lets them. Where the checks that count run there is one.
func needsMap(t *testing.T) {
	t.Helper()
	switch {
	case hashstore.CanMap:
	case os.Getenv("CI") == "true":
		t.Fatal("this system has no map of the file, and the test would show nothing")
	default:
		t.Skip("nobody does anything meanwhile without a map of the file")
	}
}
