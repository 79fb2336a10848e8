package lint

import (
	"path"
	"strings"
)

// floor is the oldest Go release that every module supports. The go command
// writes it with ".0" where a dependency does.
const floor = "1.25"

// unreleased is the version by which the modules of this house require each
// other between releases; a replace directive gives it a meaning.
const unreleased = "v0.0.0"

// A module is what a go.mod file says. The go command has checked the syntax,
// so that a parser of lines is enough.
type module struct {
	file     *file
	dir      string // "." for the root module
	path     string
	lines    []directive
	requires map[string]string // module path to version
	replaces map[string]string // module path to what stands for it
}

// A directive is one line of a go.mod file, blocks resolved.
type directive struct {
	verb string
	args []string
	line int
}

// parseModule reads a go.mod file.
func parseModule(f *file) *module {
	m := &module{
		file:     f,
		dir:      path.Dir(f.path),
		lines:    directives(f.src),
		requires: map[string]string{},
		replaces: map[string]string{},
	}
	for _, d := range m.lines {
		switch {
		case d.verb == "module" && len(d.args) == 1:
			m.path = d.args[0]
		case d.verb == "require" && len(d.args) == 2:
			m.requires[d.args[0]] = d.args[1]
		case d.verb == "replace" && len(d.args) >= 3:
			m.replaces[d.args[0]] = d.args[len(d.args)-1]
		}
	}
	return m
}

// directives splits the text of a go.mod or go.work file.
func directives(src []byte) []directive {
	var (
		all   []directive
		block string
		line  int
	)
	for text := range strings.Lines(string(src)) {
		line++
		text, _, _ = strings.Cut(text, "//")
		words := strings.Fields(text)
		switch {
		case len(words) == 0:
		case words[0] == ")":
			block = ""
		case block != "":
			all = append(all, directive{block, words, line})
		case len(words) == 2 && words[1] == "(":
			block = words[0]
		default:
			all = append(all, directive{words[0], words[1:], line})
		}
	}
	return all
}

// checkModules holds every go.mod to its place, its Go version and, for the
// root module, to requiring nothing.
func checkModules(t *tree, report reportFunc) {
	if t.file("go.sum") != nil {
		report("go.sum", 0, "the root module has a go.sum: it must require nothing")
	}
	for _, m := range t.modules {
		if want := path.Join(t.house, m.dir); m.path != want {
			report(m.file.path, 0, "module path %q does not follow its directory: want %q", m.path, want)
		}
		for _, d := range m.lines {
			checkDirective(t, m, d, report)
		}
	}
}

// checkDirective looks at one line of a go.mod file.
func checkDirective(t *tree, m *module, d directive, report reportFunc) {
	switch d.verb {
	case "module", "tool":
	case "go":
		if v := d.args[0]; v != floor && v != floor+".0" {
			report(m.file.path, d.line, "go %s: every module supports Go %s", v, floor)
		}
	case "require":
		if _, ours := t.local(d.args[0]); ours && d.args[1] == unreleased && m.replaces[d.args[0]] == "" {
			report(m.file.path, d.line, "%s %s needs a replace directive to build outside the workspace", d.args[0], unreleased)
		}
	case "replace":
		checkReplace(t, m, d, report)
	default:
		report(m.file.path, d.line, "directive %s has no place here", d.verb)
	}
	if m.dir == "." && d.verb != "module" && d.verb != "go" {
		report(m.file.path, d.line, "the root module has a %s directive: it must require nothing", d.verb)
	}
}

// checkReplace allows only our own modules to be replaced, by themselves.
func checkReplace(t *tree, m *module, d directive, report reportFunc) {
	dir, ours := t.local(d.args[0])
	target := d.args[len(d.args)-1]
	if !ours || path.Join(m.dir, target) != dir {
		report(m.file.path, d.line, "replaces %s by %s: only a module of this house, by its own directory", d.args[0], target)
	}
}

// checkWorkspace wants every module in go.work, so that one command sees them
// all; internal/tools stays out, lest tools choose the versions that we test.
func checkWorkspace(t *tree, report reportFunc) {
	work := t.file("go.work")
	if work == nil {
		return // a copy from the module cache has none
	}
	used := map[string]bool{}
	for _, d := range directives(work.src) {
		if d.verb == "use" {
			used[path.Clean(d.args[0])] = true
		}
	}
	for _, m := range t.modules {
		if tools := m.dir == "internal/tools"; used[m.dir] == tools {
			want := "does not use"
			if tools {
				want = "must not use"
			}
			report(work.path, 0, "go.work %s ./%s", want, m.dir)
		}
	}
}
