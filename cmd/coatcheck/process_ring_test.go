//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
)

// TestPagesOfRing: what a page of a ring's list says of the next one can be copied
// into a shell's command line, and leads to all sessions, each once.
func TestPagesOfRing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ring.json")
	if err := os.WriteFile(file, []byte(ringOf(dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	store := "ring:" + file
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	var lines strings.Builder
	for i := range 10 {
		fmt.Fprintf(&lines, "old%d {}\n", i)
	}
	do(t, lines.String(), "put", "-s", store, "--foreign").wants(t, exit.OK, "")
	seen := map[string]int{}
	args := []string{"ls", "-s", store, "--limit", "3"}
	for page := 0; ; page++ {
		r := do(t, "", args...)
		rows := strings.Split(strings.TrimSpace(r.stdout), "\n")
		for _, row := range rows[1:] {
			seen[strings.Fields(row)[0]]++
		}
		_, next, more := strings.Cut(r.stderr, "--after ")
		if !more || page > 10 {
			break
		}
		words := strings.Fields(next)
		if len(words) != 1 || strings.ContainsAny(words[0], `'"\$`) {
			t.Fatalf("a shell would not take %q for a word", next)
		}
		args = append(args[:5:5], "--after", words[0])
	}
	if len(seen) != 10 {
		t.Errorf("there are %d sessions on the pages, want 10", len(seen))
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("session %s is on %d pages", id, n)
		}
	}
}
