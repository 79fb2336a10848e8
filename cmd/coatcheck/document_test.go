//go:build linux

package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// update makes TestDocument write what commands print instead of comparing it.
var update = flag.Bool("update", false, "write docs/CLI.md anew")

// visitors are the sessions that the document is about.
const visitors = `9f21 {"user":"ada","cart":["tea","cups"],"views":17}
9f22 {"user":"ada","views":2}
9f23 {"user":"bob","views":1}
9f24 {"views":3}
`

// TestDocument runs the commands of docs/CLI.md, one after the other in one
// folder, and wants the document to say what they print.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "CLI.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "visitors.txt"), []byte(visitors), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &shell{t: t, dir: dir, env: append(os.Environ(), "PATH="+filepath.Dir(build(t))+":"+os.Getenv("PATH"), "NO_COLOR=1")}
	parts := strings.Split(string(text), "```console\n")
	for i, part := range parts[1:] {
		screen, rest, ok := strings.Cut(part, "```\n")
		if !ok {
			t.Fatalf("a screen has no end: %s", part)
		}
		parts[i+1] = s.screen(screen) + "```\n" + rest
	}
	if now := strings.Join(parts, "```console\n"); *update && !t.Failed() {
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A shell runs the commands of the document.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

// screen runs the commands of a screen, and returns it with what they print.
func (s *shell) screen(old string) string {
	var b strings.Builder
	for _, piece := range regexp.MustCompile(`(?m)^\$ `).Split(old, -1)[1:] {
		line, said, _ := strings.Cut(piece, "\n")
		out := s.run(line)
		switch {
		case normal(out) == normal(said):
			out = said // so that an update changes what has changed, and no more
		case !*update:
			s.t.Errorf("%s prints\n%s\nand the document says\n%s", line, out, said)
		}
		b.WriteString("$ " + line + "\n" + out)
	}
	return b.String()
}

// run runs one line, and returns what it prints to either stream.
func (s *shell) run(line string) string {
	if set, ok := strings.CutPrefix(line, "export "); ok {
		s.env = append(s.env, set)
		return ""
	}
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", line)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// volatile is what differs from run to run, and what stands in its place.
var volatile = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `), "TIME "},
	{regexp.MustCompile(`\b\d+[smhd]\b`), "SPAN"},
	{regexp.MustCompile(`[\d.]+ [KM]iB`), "SIZE"},
	{regexp.MustCompile(`\d+ %`), "PART"},
	{regexp.MustCompile(`"(length|on_disk)":\d+`), "SIZE"},
	{regexp.MustCompile(`"next":"[^"]+"`), "NEXT"},
	{regexp.MustCompile(`[█▏▎▍▌▋▊▉]+`), "BAR"},
	{regexp.MustCompile(`coatcheck \S+ \(go.*\)`), "VERSION"},
	{regexp.MustCompile(`\d+ pages in`), "PAGES"},
	{regexp.MustCompile(`(?m)^\{"id":.*$`), "SESSION"},
	{regexp.MustCompile(`\b[0-9a-f]{8}\b`), "KEY"},
	{regexp.MustCompile(`\b[\d.]+(µs|ms|s)\b`), "SPAN"},
	{regexp.MustCompile(`(?m) +`), " "},
}

// normal returns text without what differs from run to run, and from machine
// to machine.
func normal(text string) string {
	for _, v := range volatile {
		text = v.what.ReplaceAllString(text, v.with)
	}
	return text
}
