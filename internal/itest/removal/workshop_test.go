//go:build linux

package removal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A workshop builds and runs the tests of the altered files.
type workshop struct {
	dir     string
	overlay string
	mu      sync.Mutex
	builds  map[string]func() (string, error)  // by directories: the test binary
	sounds  map[suite]func() ([]string, error) // what passes with every defence
}

// variable holds the name of the removal under which a test binary runs.
const variable = "COATCHECK_REMOVED"

// newWorkshop writes the altered files, and for each package the function that
// they ask.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{dir: t.TempDir(), builds: map[string]func() (string, error){}, sounds: map[suite]func() ([]string, error){}}
	replace := map[string]string{}
	put := func(file, src string) {
		to := filepath.Join(w.dir, strings.ReplaceAll(file, "/", "-"))
		w.must(t, os.WriteFile(to, []byte(src), 0o600))
		here, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(file)))
		w.must(t, err)
		replace[here] = to
	}
	for file, src := range altered(t) {
		if !strings.HasSuffix(file, ".go") {
			t.Fatalf("%s is no Go file", file)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
		w.must(t, err)
		put(file, src)
		put(path.Join(path.Dir(file), "taken_for_tests.go"), "package "+parsed.Name.Name+"\n\nimport \"os\"\n\n"+
			"func taken(name string) bool { return takenOut == name }\n\nvar takenOut = os.Getenv(\""+variable+"\")\n")
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	w.must(t, err)
	w.overlay = filepath.Join(w.dir, "overlay.json")
	w.must(t, os.WriteFile(w.overlay, b, 0o600))
	return w
}

func (*workshop) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// outcomes runs a suite without a defence and notes the numbers of the tests
// that fail. Every test of the suite must come to an end.
func (w *workshop) outcomes(t *testing.T, r *removal, s suite, failed map[string]bool) {
	t.Helper()
	sound, err := w.sound(s)
	w.must(t, err)
	results, out, err := w.run(s, r.name)
	w.must(t, err)
	for _, name := range sound {
		switch results[name] {
		case "PASS":
		case "FAIL":
			failed[number(name)] = true
		default:
			t.Fatalf("%s of %s came to no end:\n%s", name, s.dir, tail(out))
		}
	}
}

// number makes R02 of TestRequirement02Form, and C28 of TestCase28Names.
func number(name string) string {
	m := numbered.FindStringSubmatch(name)
	return m[1][:1] + m[2]
}

var numbered = regexp.MustCompile(`^Test(Requirement|Case)([0-9]+)`)

// sound returns the tests of a suite, all of which must pass while no defence
// is out.
func (w *workshop) sound(s suite) ([]string, error) {
	w.mu.Lock()
	if w.sounds[s] == nil {
		w.sounds[s] = sync.OnceValues(func() ([]string, error) {
			results, out, err := w.run(s, "")
			if err != nil {
				return nil, err
			}
			for name, result := range results {
				if result != "PASS" {
					return nil, fmt.Errorf("%s of %s: %s with every defence:\n%s", name, s.dir, result, tail(out))
				}
			}
			if len(results) == 0 {
				return nil, fmt.Errorf("%s has no numbered tests:\n%s", s.dir, tail(out))
			}
			return slices.Collect(maps.Keys(results)), nil
		})
	}
	sound := w.sounds[s]
	w.mu.Unlock()
	return sound()
}

// build makes the test binary of a package, once.
func (w *workshop) build(dir string) (string, error) {
	w.mu.Lock()
	if w.builds[dir] == nil {
		w.builds[dir] = sync.OnceValues(func() (string, error) {
			program := filepath.Join(w.dir, strings.NewReplacer("/", "-", ".", "core").Replace(dir)+".test")
			cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay="+w.overlay, "-o", program, ".")
			cmd.Dir = filepath.Join(root, dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				return "", fmt.Errorf("build the tests of %s: %w\n%s", dir, err, out)
			}
			return program, nil
		})
	}
	build := w.builds[dir]
	w.mu.Unlock()
	return build()
}

// run runs a suite without a defence, or with all of them, and returns how each
// test ended, and what was said.
func (w *workshop) run(s suite, without string) (results map[string]string, said []byte, err error) {
	program, err := w.build(s.dir)
	if err != nil {
		return nil, nil, err
	}
	run := "^Test(Requirement|Case)[0-9]"
	if s.row != "" {
		run += "/^" + strings.ReplaceAll(s.row, " ", "_") + "$"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-test.run="+run, "-test.v", "-test.timeout=3m")
	cmd.Dir = filepath.Join(root, s.dir)
	cmd.Env = append(os.Environ(), variable+"="+without, "COATCHECK_TORTURE=")
	cmd.WaitDelay = 10 * time.Second
	said, err = cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, nil, fmt.Errorf("run the tests of %s: %w", s.dir, err)
	}
	results = map[string]string{}
	for _, m := range ended.FindAllSubmatch(said, -1) {
		results[string(m[2])] = string(m[1])
	}
	return results, said, nil
}

// ended matches what a test binary says at the end of a test.
var ended = regexp.MustCompile(`(?m)^--- (PASS|FAIL|SKIP): (\S+)`)

// tail is the end of what was said.
func tail(b []byte) []byte { return bytes.TrimSpace(b[max(0, len(b)-3000):]) }
