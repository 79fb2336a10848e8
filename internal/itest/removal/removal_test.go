package removal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const root = "../../.."

// A removal takes one defence out.
type removal struct {
	name  string
	edits []edit

	// fails are the numbers of the tests that must fail, and no others: R02 for
	// tests named TestRequirement02…, C28 for TestCase28….
	fails string

	// in are the suites whose numbered tests are run; the core's if there are
	// none.
	in []suite
}

// An edit puts a text in the place of another, which stands in a file once.
type edit struct{ file, old, new string }

// A suite is the numbered tests of a package.
type suite struct {
	dir string
	row string // only the subtests of this name, if it is not ""
}

var core = suite{dir: "."}

// on is the store of that name among those of internal/itest.
func on(store string) suite { return suite{"internal/itest", store} }

func (s suite) run() string {
	run := "^Test(Requirement|Case)[0-9]"
	if s.row != "" {
		run += "/^" + strings.ReplaceAll(s.row, " ", "_") + "$"
	}
	return run
}

// all are the removals of every part of the house.
func all() []removal { return slices.Concat(tokens, cookies, lives, records, seals, files, stores) }

// TestRemovalsApply: each edit finds what it replaces, once, and what it makes
// is Go; no two removals have one name.
func TestRemovalsApply(t *testing.T) {
	names := map[string]bool{}
	for _, r := range all() {
		if names[r.name] {
			t.Errorf("%s: there are two of that name", r.name)
		}
		names[r.name] = true
		if len(r.numbers()) == 0 && os.Getenv("DISCOVER") == "" {
			t.Errorf("%s: no test is to fail", r.name)
		}
		for file, src := range r.apply(t) {
			if _, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution); err != nil {
				t.Errorf("%s: %v", r.name, err)
			}
		}
	}
	if len(names) < 45 {
		t.Errorf("there are %d removals, want 45 or more", len(names))
	}
}

// numbers are the tests that must fail.
func (r *removal) numbers() []string { return slices.Sorted(slices.Values(strings.Fields(r.fails))) }

// apply returns the altered files.
func (r *removal) apply(t *testing.T) map[string]string {
	t.Helper()
	altered := map[string]string{}
	for _, e := range r.edits {
		src, ok := altered[e.file]
		if !ok {
			b, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				t.Fatal(err)
			}
			src = string(b)
		}
		if n := strings.Count(src, e.old); n != 1 {
			t.Errorf("%s: %s has %d times, and not once: %s", r.name, e.file, n, e.old)
		}
		altered[e.file] = strings.Replace(src, e.old, e.new, 1)
	}
	return altered
}

// TestRemovals: without a defence exactly its tests fail. An ordinary run tries
// one, so that the means are tested; COATCHECK_TORTURE=1 asks for all.
func TestRemovals(t *testing.T) {
	list := all()
	if os.Getenv("COATCHECK_TORTURE") != "1" {
		list = list[:1]
	}
	for _, r := range list {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			overlay := r.overlay(t)
			failed := map[string]bool{}
			for _, s := range r.suites() {
				r.outcomes(t, s, overlay, failed)
			}
			if got, want := slices.Sorted(maps.Keys(failed)), r.numbers(); !slices.Equal(got, want) {
				t.Errorf("%q fail, want %q", strings.Join(got, " "), strings.Join(want, " "))
			}
			t.Logf("in %v", time.Since(began).Round(time.Second/10))
		})
	}
}

func (r *removal) suites() []suite {
	if r.in == nil {
		return []suite{core}
	}
	return r.in
}

// overlay writes the altered files and returns the file that tells the go
// command of them.
func (r *removal) overlay(t *testing.T) string {
	t.Helper()
	dir, here := t.TempDir(), abs(t, root)
	replace := map[string]string{}
	for file, src := range r.apply(t) {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		replace[filepath.Join(here, filepath.FromSlash(file))] = path
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	path := filepath.Join(dir, "overlay.json")
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func abs(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// outcomes runs a suite without the defence and notes the numbers of the tests
// that fail. Every test of the suite must come to an end.
func (r *removal) outcomes(t *testing.T, s suite, overlay string, failed map[string]bool) {
	t.Helper()
	sound := baseline(t, s)
	results, out := test(t, s, "-overlay="+overlay)
	for _, name := range sound {
		switch results[name] {
		case "pass":
		case "fail":
			failed[number(name)] = true
		default:
			t.Errorf("%s of %s came to no end:\n%s", name, s.dir, tail(out))
			return
		}
	}
}

// number makes R02 of TestRequirement02Form, and C28 of TestCase28Names.
func number(name string) string {
	m := numbered.FindStringSubmatch(name)
	return m[1][:1] + m[2]
}

var numbered = regexp.MustCompile(`^Test(Requirement|Case)([0-9]+)`)

// baselines are the tests of each suite, all of which pass with the defences.
var baselines sync.Map // of suite to func() ([]string, []byte)

func baseline(t *testing.T, s suite) []string {
	t.Helper()
	once, _ := baselines.LoadOrStore(s, sync.OnceValues(func() (names []string, faults []byte) {
		results, out := test(t, s)
		for name, result := range results {
			if result != "pass" {
				return nil, fmt.Appendf(nil, "%s: %s with every defence:\n%s", name, result, tail(out))
			}
			names = append(names, name)
		}
		if len(names) == 0 {
			return nil, fmt.Appendf(nil, "%s has no numbered tests:\n%s", s.dir, tail(out))
		}
		return names, nil
	}))
	names, faults := once.(func() ([]string, []byte))()
	if faults != nil {
		t.Fatalf("%s", faults)
	}
	return names
}

// test runs a suite and returns how each of its tests ended, and what was said.
func test(t *testing.T, s suite, args ...string) (results map[string]string, said []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	args = append([]string{"test", "-json", "-vet=off", "-count=1", "-timeout=2m", "-run=" + s.run()}, args...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+s.dir)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "COATCHECK_TORTURE=")
	cmd.WaitDelay = 10 * time.Second
	out, _ := cmd.CombinedOutput() // the events tell how it ended
	results = map[string]string{}
	for line := range bytes.Lines(out) {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(line, &e) != nil {
			said = append(said, line...)
			continue
		}
		said = append(said, e.Output...)
		if !strings.Contains(e.Test, "/") && e.Test != "" && slices.Contains([]string{"pass", "fail", "skip"}, e.Action) {
			results[e.Test] = e.Action
		}
	}
	return results, said
}

// tail is the end of what was said.
func tail(b []byte) []byte { return b[max(0, len(b)-3000):] }
