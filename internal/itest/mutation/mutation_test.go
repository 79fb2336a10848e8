//go:build linux

package mutation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const root = "../../.."

// TestEveryMutantIsListed: a mistake that the source offers and the table does
// not name would go untested.
func TestEveryMutantIsListed(t *testing.T) {
	call := regexp.MustCompile(`\bmutant\("([^"]+)"\)`)
	files, err := filepath.Glob(filepath.Join(root, own, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("no source:", err)
	}
	var offered []string
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(src), -1) {
			offered = append(offered, m[1])
		}
	}
	slices.Sort(offered)
	offered = slices.Compact(offered)
	for _, m := range mutants {
		if !slices.Contains(offered, m.name) {
			t.Errorf("the source does not offer %s", m.name)
		}
	}
	for _, name := range offered {
		if !slices.ContainsFunc(mutants, func(m mutant) bool { return m.name == name }) {
			t.Errorf("the table lacks %s", name)
		}
	}
	if len(mutants) < 25 {
		t.Errorf("%d mistakes are found, want 25 or more", len(mutants))
	}
}

// TestMutants: the tests find each mistake, and nothing else.
func TestMutants(t *testing.T) {
	list := mutants
	if os.Getenv("COATCHECK_TORTURE") != "1" {
		list = quick(mutants)
	}
	bin := t.TempDir()
	began := time.Now()
	sound := map[mutant]bool{}
	for _, m := range list {
		program := build(t, bin, m.suite)
		none := mutant{"", m.suite, m.run}
		if !sound[none] {
			if found, out := none.found(t, program); found {
				t.Fatalf("%s of %s fail without any mistake:\n%s", m.run, m.suite, tail(out))
			}
			sound[none] = true
		}
		start := time.Now()
		found, out := m.found(t, program)
		for try := 1; !found && m.byChance() && try < maxRounds; try++ {
			found, out = m.found(t, program)
		}
		if !found {
			t.Errorf("%s is not found by %s of %s:\n%s", m.name, m.run, m.suite, tail(out))
			continue
		}
		t.Logf("%s: found by %s in %v: %s", m.name, m.suite, time.Since(start).Round(10*time.Millisecond), verdict(out))
	}
	t.Logf("%d mistakes in %v", len(list), time.Since(began).Round(time.Second))
}

// quick are some mutants of the suite that is built in a moment.
func quick(all []mutant) []mutant {
	some := slices.DeleteFunc(slices.Clone(all), func(m mutant) bool { return m.suite != own })
	return some[:min(len(some), 4)]
}

// build makes the test binary of a suite, with the mistakes in it, once.
func build(t *testing.T, bin, suite string) string {
	t.Helper()
	program := filepath.Join(bin, strings.ReplaceAll(suite, "/", "-")+".test")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	cmd := exec.Command("go", "test", "-c", "-tags=mutants,faultpoint", "-o", program, ".")
	cmd.Dir = filepath.Join(root, suite)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the tests of %s: %v\n%s", suite, err, out)
	}
	return program
}

// maxRounds is how often processes are killed, or the power fails, in search of a
// mistake: where they are hit is chance, and torture does fifty times as much in
// one go.
const maxRounds = 10

// byChance reports whether what finds the mistake may miss it.
func (m mutant) byChance() bool { return m.suite == crashes || m.run == powerFailure }

// limit is how long a mistake may keep a test busy.
const limit = 2 * time.Minute

// found reports whether the tests fail with the mistake.
func (m mutant) found(t *testing.T, program string) (bool, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit+30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-test.run="+m.run, "-test.failfast", "-test.v", "-test.timeout="+limit.String())
	cmd.Dir = filepath.Join(root, m.suite)
	cmd.Env = append(os.Environ(), "COATCHECK_MUTANT="+m.name, "COATCHECK_TORTURE=")
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil && !strings.Contains(string(out), "--- PASS"):
		t.Fatalf("no test of %s is called %s", m.suite, m.run)
	case err == nil:
		return false, out
	case errors.As(err, &exit) && failed.Match(out):
		return true, out
	}
	t.Fatal(fmt.Errorf("%s of %s: %w\n%s", m.run, m.suite, err, tail(out)))
	return false, nil
}

// failed matches what a test says that has found something, were it by a crash.
var failed = regexp.MustCompile(`(?m)^\s*--- FAIL|^panic: |^fatal error: |^unexpected fault address`)

// verdict is the line on which a test says what it has found.
func verdict(out []byte) string {
	for _, re := range []*regexp.Regexp{
		regexp.MustCompile(`(?m)^\s+\w+_test\.go:\d+: (.*(?:\n.*)?)\n\s*--- FAIL`),
		regexp.MustCompile(`(?m)^\s+\w+_test\.go:\d+: .*$`),
		failed,
	} {
		if all := re.FindAll(out, -1); all != nil {
			line := strings.Join(strings.Fields(string(all[len(all)-1])), " ")
			return line[:min(len(line), 200)]
		}
	}
	return ""
}

// tail is the end of what a program says.
func tail(out []byte) []byte { return out[max(0, len(out)-3000):] }
