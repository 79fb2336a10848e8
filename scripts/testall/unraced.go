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
// for tests by name. The packages are in the order in which o has them.
func unraced(ctx context.Context, o options) (options, error) {
	all, err := list(ctx, o)
	if err != nil {
		return o, err
	}
	raced, err := list(ctx, o, "-race")
	if err != nil {
		return o, err
	}
	rest := o
	rest.race, rest.packages = false, nil
	names := map[string]bool{}
	for _, line := range all {
		if slices.Contains(raced, line) {
			continue
		}
		pkg, file, _ := strings.Cut(line, " ")
		src, err := os.ReadFile(file)
		if err != nil {
			return o, err
		}
		for _, m := range testFunc.FindAllSubmatch(src, -1) {
			names[string(m[1])] = true
			if !slices.Contains(rest.packages, pkg) {
				rest.packages = append(rest.packages, pkg)
			}
		}
	}
	rest.run = "^(" + strings.Join(slices.Sorted(maps.Keys(names)), "|") + ")$"
	if o.run != "" {
		rest.packages = nil
	}
	return rest, nil
}

// list returns the files of tests in a build with the flags, by package.
func list(ctx context.Context, o options, flags ...string) (files []string, err error) {
	args := append(append([]string{"list", "-f", testFiles}, flags...), o.packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		files = append(files, strings.TrimSpace(line))
	}
	return files, nil
}
