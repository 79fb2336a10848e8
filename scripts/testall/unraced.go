package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// testFiles prints the package and the path of each file of tests.
const testFiles = `{{$p := .}}` +
	`{{range .TestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}/{{.}}{{"\n"}}{{end}}` +
	`{{range .XTestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}/{{.}}{{"\n"}}{{end}}`

// testFunc matches the head of a test and captures its name.
var testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Example)\w*)\(`)

// unraced returns the options for those tests of o that the race detector
// shuts out by a build constraint; no packages if there are none, or if o asks
// for tests by name.
func unraced(ctx context.Context, o options) (options, error) {
	all, err := list(ctx, o)
	if err != nil {
		return o, err
	}
	raced, err := list(ctx, o, "-race")
	if err != nil {
		return o, err
	}
	names, packages := map[string]bool{}, map[string]bool{}
	for line := range all {
		if raced[line] {
			continue
		}
		pkg, file, _ := strings.Cut(line, " ")
		src, err := os.ReadFile(file)
		if err != nil {
			return o, err
		}
		for _, m := range testFunc.FindAllSubmatch(src, -1) {
			names[string(m[1])], packages[pkg] = true, true
		}
	}
	rest := o
	rest.race = false
	rest.packages = slices.Sorted(maps.Keys(packages))
	rest.run = "^(" + strings.Join(slices.Sorted(maps.Keys(names)), "|") + ")$"
	if o.run != "" {
		rest.packages = nil
	}
	return rest, nil
}

// list returns the files of tests in a build with the flags.
func list(ctx context.Context, o options, flags ...string) (map[string]bool, error) {
	args := append(append([]string{"list", "-f", testFiles}, flags...), o.packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	files := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		files[strings.TrimSpace(line)] = true
	}
	return files, nil
}
