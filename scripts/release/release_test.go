package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files are a small house of our shape: its core has no requirements, a store
// and a program have.
var files = map[string]string{
	"go.mod":                  "module github.com/example/house\n\ngo 1.25\n",
	"go.work":                 "go 1.25\n\nuse (\n\t.\n\t./bench\n\t./bench/engines\n\t./cmd/porter\n\t./internal/itest\n\t./shelf\n)\n",
	"house.go":                "// Package house stands.\npackage house\n\n// Name is its name.\nconst Name = \"house\"\n",
	"CHANGELOG.md":            "# Changelog\n\n## [Unreleased]\n\n## [0.2.0]\n\nAll of it.\n",
	"shelf/go.mod":            "module github.com/example/house/shelf\n\ngo 1.25\n\nrequire github.com/example/house v0.0.0\n\nreplace github.com/example/house => ..\n",
	"shelf/shelf.go":          "// Package shelf holds.\npackage shelf\n\nimport \"github.com/example/house\"\n\n// Name is its name.\nconst Name = house.Name + \"/shelf\"\n",
	"cmd/porter/go.mod":       "module github.com/example/house/cmd/porter\n\ngo 1.25\n\nrequire (\n\tgithub.com/example/house v0.0.0\n\tgithub.com/example/house/shelf v0.0.0\n)\n\nreplace (\n\tgithub.com/example/house => ../..\n\tgithub.com/example/house/shelf => ../../shelf\n)\n",
	"cmd/porter/main.go":      "// Porter opens.\npackage main\n\nimport (\n\t\"os\"\n\t\"runtime/debug\"\n\n\t\"github.com/example/house\"\n\t\"github.com/example/house/shelf\"\n)\n\nfunc main() {\n\tinfo, _ := debug.ReadBuildInfo()\n\tprintln(house.Name, shelf.Name)\n\tos.Stdout.WriteString(info.Main.Version)\n}\n",
	"internal/itest/go.mod":   "module github.com/example/house/internal/itest\n\ngo 1.25\n",
	"internal/itest/itest.go": "package itest\n",
	"bench/go.mod":            "module github.com/example/house/bench\n\ngo 1.25\n",
	"bench/main.go":           "package main\n\nfunc main() {}\n",
	"bench/engines/go.mod":    "module github.com/example/house/bench/engines\n\ngo 1.25\n",
	"bench/engines/main.go":   "package main\n\nfunc main() {}\n",
}

// repository commits files, with some replaced, and returns its directory. No
// network is needed: a release maps the path of the house to its clone.
func repository(t *testing.T, change map[string]string) string {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GOWORK", "")
	dir := t.TempDir()
	all := maps.Clone(files)
	maps.Copy(all, change)
	for name, text := range all {
		write(t, dir, name, text)
	}
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-A")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "house")
	return dir
}

// write writes one file of a repository.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// git runs git in dir and returns its output.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := output(t.Context(), dir, nil, "git", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRelease(t *testing.T) {
	dir := repository(t, nil)
	head := git(t, dir, "rev-parse", "HEAD")

	var said strings.Builder
	if err := run(t.Context(), dir, options{version: "v0.2.0", tag: true}, &said); err != nil {
		t.Fatal(err)
	}

	tags := strings.Fields(git(t, dir, "tag", "--list"))
	if want := []string{"cmd/porter/v0.2.0", "shelf/v0.2.0", "v0.2.0"}; !slices.Equal(tags, want) {
		t.Errorf("tags %v, want %v", tags, want)
	}
	if want := "git push --atomic origin v0.2.0 shelf/v0.2.0 cmd/porter/v0.2.0\n"; !strings.HasSuffix(said.String(), want) {
		t.Errorf("said %q, want %q at the end", &said, want)
	}
	if got := git(t, dir, "rev-parse", "v0.2.0^{commit}"); got != head {
		t.Errorf("the root's tag is on %s, want HEAD, %s", got, head)
	}
	git(t, dir, "merge-base", "--is-ancestor", "v0.2.0", "shelf/v0.2.0")
	git(t, dir, "merge-base", "--is-ancestor", "shelf/v0.2.0", "cmd/porter/v0.2.0")
	if got := git(t, dir, "rev-parse", "HEAD") + git(t, dir, "status", "--porcelain"); got != head {
		t.Errorf("the branch was changed: %s", got)
	}

	mod := git(t, dir, "show", "cmd/porter/v0.2.0:cmd/porter/go.mod")
	for _, want := range []string{"\tgithub.com/example/house v0.2.0\n", "\tgithub.com/example/house/shelf v0.2.0\n"} {
		if !strings.Contains(mod, want) || strings.Contains(mod, "replace") {
			t.Errorf("the program's go.mod lacks %q or has a replace directive:\n%s", want, mod)
		}
	}
	sum := git(t, dir, "show", "cmd/porter/v0.2.0:cmd/porter/go.sum")
	for _, want := range []string{"github.com/example/house v0.2.0 h1:", "github.com/example/house/shelf v0.2.0 h1:"} {
		if !strings.Contains(sum, want) {
			t.Errorf("the program's go.sum lacks %q:\n%s", want, sum)
		}
	}
}

func TestRehearsalChangesNothing(t *testing.T) {
	dir := repository(t, nil)
	write(t, dir, "house.go", "// Package house has a change.\npackage house\n\n// Name is its name.\nconst Name = \"changed\"\n")
	write(t, dir, "shelf/new.go", "package shelf\n\nconst two = Name + Name\n")
	if err := os.Remove(filepath.Join(dir, "bench", "main.go")); err != nil {
		t.Fatal(err)
	}
	before := git(t, dir, "status", "--porcelain")

	if err := run(t.Context(), dir, options{version: "v0.3.0", tree: true}, io.Discard); err != nil {
		t.Fatal(err)
	}

	if got := git(t, dir, "status", "--porcelain"); got != before {
		t.Errorf("status %q, want %q", got, before)
	}
	if got := git(t, dir, "tag"); got != "" {
		t.Errorf("tags %s", got)
	}
}

// TestRefuses shows each reason for which a release is not made. Nothing is
// tagged then.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string]string // to the committed files
		spoil  func(t *testing.T, dir string)
		o      options
		want   string
	}{
		{name: "no version", want: `version ""`},
		{name: "no v", o: options{version: "0.2.0"}, want: `version "0.2.0"`},
		{name: "a leading zero", o: options{version: "v0.02.0"}, want: `version "v0.02.0"`},
		{name: "v2", o: options{version: "v2.0.0"}, want: `version "v2.0.0"`},
		{name: "a tree cannot be tagged", o: options{version: "v0.2.0", tag: true, tree: true}, want: "-tag with -tree"},
		{name: "no changelog", o: options{version: "v0.4.0"}, want: `CHANGELOG.md has no section "## [0.4.0]"`},
		{name: "dirt", o: options{version: "v0.2.0"}, want: "uncommitted changes",
			spoil: func(t *testing.T, dir string) { write(t, dir, "new.txt", "new") }},
		{name: "tag exists", o: options{version: "v0.2.0"}, want: "v0.2.0 exists already",
			spoil: func(t *testing.T, dir string) { git(t, dir, "tag", "v0.2.0") }},
		{name: "a store's tag exists", o: options{version: "v0.2.0"}, want: "exists already, and what is published never changes: shelf/v0.2.0",
			spoil: func(t *testing.T, dir string) { git(t, dir, "tag", "shelf/v0.2.0") }},
		{name: "a store does not build", o: options{version: "v0.2.0"}, want: "undefined",
			change: map[string]string{"shelf/bad.go": "package shelf\n\nconst Bad = undefined\n"}},
		{name: "a program does not know its version", o: options{version: "v0.2.0"}, want: "says that its version is",
			change: map[string]string{"cmd/porter/main.go": "package main\n\nfunc main() { println(\"devel\") }\n"}},
		{name: "the core requires a module", o: options{version: "v0.2.0"}, want: "has in its go.sum: github.com/example/house/shelf",
			change: map[string]string{
				"go.mod":         "module github.com/example/house\n\ngo 1.25\n\nrequire github.com/example/house/shelf v0.2.0\n",
				"house.go":       "package house\n\nimport \"github.com/example/house/shelf\"\n\nconst Name = shelf.Name\n",
				"shelf/shelf.go": "package shelf\n\nconst Name = \"shelf\"\n",
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := repository(t, c.change)
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			before := git(t, dir, "tag")
			c.o.tag = c.o.tag || !c.o.tree
			err := run(t.Context(), dir, c.o, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant one that says %q", err, c.want)
			}
			if after := git(t, dir, "tag"); after != before {
				t.Errorf("tags %q, want %q", after, before)
			}
		})
	}
}
