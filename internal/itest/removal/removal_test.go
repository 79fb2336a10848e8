//go:build linux

package removal_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// A removal takes one defence out.
type removal struct {
	name  string
	edits []edit

	// fails are the numbers of the tests that must fail, and no others: R02 for
	// tests named TestRequirement02…, C28 for TestCase28…. Those with a question
	// mark depend on chance, such as where a process is killed.
	fails string

	// in are the suites whose numbered tests are run; the core's if there are
	// none.
	in []suite
}

// An edit puts a text in the place of another, which stands in a file once. In
// the new one, TAKEN is an expression that is true while the defence is out.
type edit struct{ file, old, new string }

// A suite is the numbered tests of a package.
type suite struct {
	dir string
	row string // only the subtests of this name, if it is not ""
}

var core = suite{dir: "."}

// on is the store of that name among those of internal/itest.
func on(store string) suite { return suite{"internal/itest", store} }

// all are the removals of every part of the house.
func all() []removal { return slices.Concat(tokens, cookies, lives, records, seals, files, stores) }

func (r *removal) suites() []suite {
	if r.in == nil {
		return []suite{core}
	}
	return r.in
}

// numbers are the tests that must fail, and those that may.
func (r *removal) numbers() (must, may []string) {
	for _, number := range strings.Fields(r.fails) {
		if rest, ok := strings.CutSuffix(number, "?"); ok {
			may = append(may, rest)
		} else {
			must = append(must, number)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(must))), may
}

// altered returns the files that have defences to take out, as they are with
// all edits made.
func altered(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, r := range all() {
		for _, e := range r.edits {
			src, ok := files[e.file]
			if !ok {
				b, err := os.ReadFile(filepath.Join(root, e.file))
				if err != nil {
					t.Fatal(err)
				}
				src = string(b)
			}
			if n := strings.Count(src, e.old); n != 1 {
				t.Errorf("%s: %s has it %d times, and not once: %s", r.name, e.file, n, e.old)
			}
			if !strings.Contains(e.new, "TAKEN") {
				t.Errorf("%s: what is put into %s does not say when it is TAKEN: %s", r.name, e.file, e.new)
			}
			files[e.file] = strings.Replace(src, e.old, strings.ReplaceAll(e.new, "TAKEN", fmt.Sprintf("taken(%q)", r.name)), 1)
		}
	}
	return files
}

// TestRemovalsAreSound: no two have one name, each has a test that must fail,
// and each edit finds what it replaces.
func TestRemovalsAreSound(t *testing.T) {
	names := map[string]bool{}
	for _, r := range all() {
		if names[r.name] {
			t.Errorf("%s: there are two of that name", r.name)
		}
		names[r.name] = true
		if must, _ := r.numbers(); len(must) == 0 {
			t.Errorf("%s: no test is to fail", r.name)
		}
	}
	if len(names) < 45 {
		t.Errorf("there are %d removals, want 45 or more", len(names))
	}
	altered(t)
}

// TestRemovals: without a defence exactly its tests fail. An ordinary run takes
// out what is built in a moment, so that the means are tested;
// COATCHECK_TORTURE=1 asks for all.
func TestRemovals(t *testing.T) {
	w := newWorkshop(t)
	for _, r := range all() {
		if os.Getenv("COATCHECK_TORTURE") != "1" && !slices.Equal(r.in, []suite{shown}) {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			failed := map[string]bool{}
			for _, s := range r.suites() {
				w.outcomes(t, &r, s, failed)
			}
			want, may := r.numbers()
			for _, number := range may {
				delete(failed, number)
			}
			if got := slices.Sorted(maps.Keys(failed)); !slices.Equal(got, want) {
				t.Errorf("%q fail, want %q", strings.Join(got, " "), strings.Join(want, " "))
			}
		})
	}
}
