// Package lint checks the rules of this house that no general tool knows:
// which package may import which, that the root module requires nothing, what
// may be named how, how long a file may grow.
//
// It reads source text only, so that it sees the files of every platform and
// build tag at once, and needs no network and no build. Its test runs it on
// the repository; CONTRIBUTING.md gives the rules in prose.
package lint

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
)

// A Finding is one breach of one rule.
type Finding struct {
	Rule string // name of the rule
	Path string // slash-separated, relative to the repository
	Line int    // counted from 1; 0 when the finding is about the whole file
	Text string // what is wrong, and what to do instead
}

// String returns the finding in the form of a compiler's message.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s (%s)", f.Path, f.Text, f.Rule)
	}
	return fmt.Sprintf("%s:%d: %s (%s)", f.Path, f.Line, f.Text, f.Rule)
}

// A rule looks at a tree and reports every breach.
type rule struct {
	name  string
	check func(t *tree, report reportFunc)
}

// A reportFunc takes one breach of the running rule.
type reportFunc func(path string, line int, format string, args ...any)

// rules are all of them. Each has at least one case in the test's table that
// shows it catching something.
func rules() []rule {
	return []rule{
		{"modules", checkModules},
		{"workspace", checkWorkspace},
		{"arrows", checkArrows},
		{"outside", checkOutside},
		{"testing", checkTesting},
		{"state", checkState},
		{"names", checkNames},
		{"docs", checkDocs},
		{"size", checkSize},
		{"sleep", checkSleep},
		{"external", checkExternal},
		{"open", checkOpen},
		{"words", checkWords},
		{"threats", checkThreats},
	}
}

// Check reads the repository at the root of fsys and returns every breach of
// every rule, in the order of paths and lines; none means that all is well. An
// error means that the repository could not be read or parsed.
func Check(fsys fs.FS) ([]Finding, error) {
	t, err := load(fsys)
	if err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	var found []Finding
	for _, r := range rules() {
		r.check(t, func(path string, line int, format string, args ...any) {
			found = append(found, Finding{r.name, path, line, fmt.Sprintf(format, args...)})
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return found, nil
}
