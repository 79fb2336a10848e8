package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// An event is one line of go test -json; see go doc test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build's events
	Test       string
	Output     string
}

// A tally counts results and passes on the output that somebody will want to
// read. It is not for concurrent use.
type tally struct {
	out                     io.Writer
	passed, broken, skipped int
	packages                map[string]bool
	pending                 map[string][]string // output by test, until its result is known
	failures                []string
	evaded                  []string // skipped without an excuse
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, packages: map[string]bool{}, pending: map[string][]string{}}
}

// read takes the events of one run of go test.
func (t *tally) read(r io.Reader) error {
	for d := json.NewDecoder(r); ; {
		var e event
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			_, _ = io.Copy(io.Discard, r) // lest go test block on a full pipe
			return fmt.Errorf("reading the output of go test: %w", err)
		}
		t.take(e)
	}
}

// take counts one event.
func (t *tally) take(e event) {
	name := e.Package + "." + e.Test
	switch {
	case e.Action == "output" && e.Test == "":
		t.packageOutput(e.Output)
	case e.Action == "build-output":
		fmt.Fprint(t.out, e.Output)
	case e.Action == "build-fail":
		t.fail(e.ImportPath + " (does not build)")
	case e.Action == "output":
		t.pending[name] = append(t.pending[name], e.Output)
	case e.Action == "pass" && e.Test != "":
		t.passed++
		delete(t.pending, name)
	case e.Action == "skip" && e.Test != "":
		t.skip(name)
	case e.Action == "fail" && e.Test != "":
		t.show(name)
		t.fail(name)
	case e.Action == "pass" || e.Action == "fail":
		t.endPackage(e)
	}
}

// packageOutput passes on what a package says of itself, but for lines that
// say nothing.
func (t *tally) packageOutput(line string) {
	if line == "PASS\n" || strings.Contains(line, "[no test files]") || strings.HasPrefix(line, "-test.shuffle ") {
		return
	}
	fmt.Fprint(t.out, line)
}

// endPackage counts a package. One that failed may have crashed, and so owe us
// the output of tests that never ended, or a name to blame.
func (t *tally) endPackage(e event) {
	t.packages[e.Package] = true
	if e.Action == "pass" {
		return
	}
	for name := range t.pending {
		if strings.HasPrefix(name, e.Package+".") {
			t.show(name)
		}
	}
	if !slices.ContainsFunc(t.failures, func(f string) bool { return strings.HasPrefix(f, e.Package) }) {
		t.fail(e.Package)
	}
}

// skip counts a skipped test. Package storetest skips what a store says that
// it cannot do: that is an answer. Any other skip is a question left open.
func (t *tally) skip(name string) {
	t.skipped++
	if !strings.Contains(strings.Join(t.pending[name], ""), "storetest: ") {
		t.evaded = append(t.evaded, name)
	}
	delete(t.pending, name)
}

// show passes on the output of a test.
func (t *tally) show(name string) {
	for _, line := range t.pending[name] {
		fmt.Fprint(t.out, line)
	}
	delete(t.pending, name)
}

// fail counts a failure.
func (t *tally) fail(name string) {
	t.broken++
	t.failures = append(t.failures, name)
}

// failed reports whether anything has failed so far.
func (t *tally) failed() bool { return t.broken > 0 }

// close prints the summary and returns an error unless all is well; err is
// what go test itself had to say.
func (t *tally) close(err error, strict bool, took time.Duration) error {
	fmt.Fprintf(t.out, "\n%d packages in %v\n", len(t.packages), took.Round(time.Second))
	for _, name := range t.failures {
		fmt.Fprintln(t.out, "failed:", name)
	}
	for _, name := range t.evaded {
		fmt.Fprintln(t.out, "skipped:", name)
	}
	if excused := t.skipped - len(t.evaded); excused > 0 {
		fmt.Fprintf(t.out, "skipped by storetest, for what a store cannot do or is not given the means to show: %d\n", excused)
	}
	fmt.Fprintf(t.out, "%d passed, %d failed, %d skipped\n", t.passed, t.broken, t.skipped)
	switch {
	case err != nil:
		return err
	case t.failed():
		return errors.New("tests failed")
	case t.passed == 0:
		return errors.New("no test ran")
	case strict && len(t.evaded) > 0:
		return errors.New("tests were skipped, and with CI=true none may be")
	}
	return nil
}
