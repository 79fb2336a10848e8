//go:build !race

// The race detector allocates too, so this gate is one for plain runs.

package main

import (
	"runtime"
	"testing"
)

// TestAllocations gates what a request of ours may take from the heap, over
// the same handler without sessions.
func TestAllocations(t *testing.T) {
	var libs []library
	for _, name := range []string{bareName, ourName} {
		lib, err := findLibrary(name)
		if err != nil {
			t.Fatal(err)
		}
		libs = append(libs, lib)
	}
	g, free, err := openGrid(libs)
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	for _, a := range allowances {
		bare, ours := g[a.page][bareName].probe, g[a.page][ourName].probe
		allocs := testing.AllocsPerRun(2000, ours.serve) - testing.AllocsPerRun(2000, bare.serve)
		bytes := bytesPerRun(2000, ours.serve) - bytesPerRun(2000, bare.serve)
		t.Logf("%s: %.0f allocations, %d bytes", pageTitle(a.page), allocs, bytes)
		if allocs > a.allocs {
			t.Errorf("%s: %.0f allocations; %.0f are allowed", pageTitle(a.page), allocs, a.allocs)
		}
		if a.bytes > 0 && float64(bytes) > a.bytes {
			t.Errorf("%s: %d bytes; %.0f are allowed", pageTitle(a.page), bytes, a.bytes)
		}
	}
}

// bytesPerRun is testing.AllocsPerRun for bytes, rounded down likewise. The
// smallest of three keeps what the runtime does meanwhile out.
func bytesPerRun(runs int, f func()) int64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var smallest int64 = -1
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			f()
		}
		runtime.ReadMemStats(&after)
		each := int64(after.TotalAlloc-before.TotalAlloc) / int64(runs)
		if smallest < 0 || each < smallest {
			smallest = each
		}
	}
	return smallest
}

// TestHarnessAllocatesNothing keeps the harness out of the figures.
func TestHarnessAllocatesNothing(t *testing.T) {
	lib, err := findLibrary(bareName)
	if err != nil {
		t.Fatal(err)
	}
	g, free, err := openGrid([]library{lib})
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	if allocs := testing.AllocsPerRun(2000, g[nopPage][bareName].probe.serve); allocs != 0 {
		t.Errorf("a request of the bare server allocates %.0f times", allocs)
	}
}
