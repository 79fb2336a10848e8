package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestUnraced looks for the tests that the race detector shuts out of a small
// module, and for nothing else.
func TestUnraced(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":              "module example.com/m\n\ngo 1.25\n",
		"a/a_test.go":         "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n",
		"a/figures_test.go":   "//go:build !race\n\npackage a\n\nimport \"testing\"\n\nfunc TestFigures(t *testing.T) {}\n\nfunc helper() {}\n",
		"a/other_test.go":     "//go:build never\n\npackage a\n\nimport \"testing\"\n\nfunc TestNever(t *testing.T) {}\n",
		"b/b.go":              "package b\n",
		"b/plain.go":          "//go:build !race\n\npackage b\n\nfunc TestNot() {}\n",
		"c/deep/more_test.go": "//go:build !race\n\npackage deep\n\nimport \"testing\"\n\nfunc TestMore(t *testing.T) {}\n",
	} {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")

	rest, err := unraced(t.Context(), options{race: true, packages: []string{"./..."}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"example.com/m/a", "example.com/m/c/deep"}; !slices.Equal(rest.packages, want) {
		t.Errorf("packages %v, want %v", rest.packages, want)
	}
	if want := "^(TestFigures|TestMore)$"; rest.run != want || rest.race {
		t.Errorf("run %q with race = %v, want %q without", rest.run, rest.race, want)
	}

	rest, err = unraced(t.Context(), options{race: true, run: "TestA", packages: []string{"./..."}})
	if err != nil || len(rest.packages) > 0 {
		t.Errorf("asked for TestA: packages %v, error %v; want none", rest.packages, err)
	}
}
