//go:build !race

package lint_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coatcheck/coatcheck/internal/lint"
)

// TestRepository holds this repository to the rules.
func TestRepository(t *testing.T) {
	found, err := lint.Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// sound is a small house in which every rule is kept.
var sound = map[string]string{
	"go.mod":  "module example.org/house\n\ngo 1.25\n",
	"go.work": "go 1.25\n\nuse (\n\t.\n\t./bench\n\t./cmd/coatcheck\n)\n",
	"house.go": "// Package house stands.\npackage house\n\nimport \"fmt\"\n\n" +
		"// ErrGone means that it does not.\nvar ErrGone = fmt.Errorf(\"gone\")\n",
	"memstore/store.go":     "// Package memstore remembers.\npackage memstore\n\nimport \"example.org/house/internal/disk\"\n\nvar _ = disk.New\n",
	"internal/disk/disk.go": "// Package disk spins.\npackage disk\n",
	"storetest/run.go":      "// Package storetest asks.\npackage storetest\n\nimport \"testing\"\n\n// Run asks t.\nfunc Run(t *testing.T) {}\n",
	"house_test.go":         "package house_test\n\nimport \"example.org/house/memstore\"\n\nvar _ = memstore.New\n",
	"cmd/coatcheck/go.mod": "module example.org/house/cmd/coatcheck\n\ngo 1.25.0\n\n" +
		"require example.org/house v0.0.0\n\nreplace example.org/house => ../..\n",
	"cmd/coatcheck/main.go":             "// Coatcheck runs.\npackage main\n\nimport (\n\t_ \"example.net/driver\"\n\t\"example.org/house\"\n)\n\nvar _ = house.ErrGone\n",
	"internal/tools/go.mod":             "module example.org/house/internal/tools\n\ngo 1.25\n\ntool example.net/cmd/vet\n\nrequire example.net v1.0.0 // indirect\n",
	"memstore/options.go":               "package memstore\n\n// Options are few.\ntype Options struct {\n\t// Max and Min are limits.\n\tMax int\n\tMin int\n}\n",
	"bench/go.mod":                      "module example.org/house/bench\n\ngo 1.25\n",
	"bench/main.go":                     "// Bench measures on the tests' servers.\npackage main\n\nimport \"example.org/house/internal/itest/servers\"\n\nvar _ = servers.Postgres\n",
	"internal/itest/servers/servers.go": "// Package servers serves.\npackage servers\n",
	"docs/THREATS.md":                   threats(33, "no"),
	"testdata/broken.go":                "this is not Go\n",
	".git/config":                       "/" + "work/is/mine\n",
	"logo.png":                          "\x89PNG\x00/" + "work/\n",
}

// breaches spoil the sound house, each in one way. The rule must say so, with
// those words, and no other rule may have anything to say.
var breaches = []struct {
	rule, path, src, want string
}{
	{"modules", "go.mod", "module example.org/house\n\ngo 1.25\n\nrequire example.net v1.0.0\n", "go.mod:5: the root module has a require directive"},
	{"modules", "go.mod", "module example.org/house\n\ngo 1.25\n\nrequire (\n\texample.net v1.0.0\n)\n", "go.mod:6: the root module has a require directive"},
	{"modules", "go.mod", "module example.org/house\n\ngo 1.25\n\ntool example.net/cmd/vet\n", "go.mod:5: the root module has a tool directive"},
	{"modules", "go.mod", "module example.org/house\n\ngo 1.26\n", "go.mod:3: go 1.26: every module supports Go 1.25"},
	{"modules", "internal/tools/go.mod", "module example.org/house/internal/tools\n\ngo 1.25\n\ntoolchain go1.26.8\n", "directive toolchain has no place here"},
	{"modules", "go.sum", "example.net v1.0.0 h1:x\n", "go.sum: the root module has a go.sum"},
	{"modules", "cmd/coatcheck/go.mod", "module example.org/house/cmd/other\n\ngo 1.25\n", `want "example.org/house/cmd/coatcheck"`},
	{"modules", "cmd/coatcheck/go.mod", "module example.org/house/cmd/coatcheck\n\ngo 1.25\n\nrequire example.org/house v0.0.0\n", "needs a replace directive"},
	{"modules", "cmd/coatcheck/go.mod", "module example.org/house/cmd/coatcheck\n\ngo 1.25\n\nreplace example.net => ../fork\n", "replaces example.net by ../fork"},
	{"modules", "cmd/coatcheck/go.mod", "module example.org/house/cmd/coatcheck\n\ngo 1.25\n\nreplace example.org/house => ../other\n", "replaces example.org/house by ../other"},
	{"workspace", "go.work", "go 1.25\n\nuse (\n\t.\n\t./bench\n)\n", "go.work does not use ./cmd/coatcheck"},
	{"workspace", "go.work", "go 1.25\n\nuse (\n\t.\n\t./bench\n\t./cmd/coatcheck\n\t./internal/tools\n)\n", "go.work must not use ./internal/tools"},
	{"arrows", "house.go", "// Package house stands.\npackage house\n\nimport _ \"embed\"\nimport \"example.org/house/memstore\"\n\nvar _ = memstore.New\n", "house.go:5: . must not import example.org/house/memstore"},
	{"arrows", "house.go", "// Package house stands.\npackage house\n\nimport \"example.org/house/internal/disk\"\n\nvar _ = disk.New\n", "must not import example.org/house/internal/disk"},
	{"arrows", "ring/ring.go", "// Package ring turns.\npackage ring\n\nimport \"example.org/house/memstore\"\n\nvar _ = memstore.New\n", "ring must not import example.org/house/memstore"},
	{"arrows", "filestore/inner/x_windows.go", "// Package inner hides.\npackage inner\n\nimport \"example.org/house/memstore\"\n\nvar _ = memstore.New\n", "filestore/inner must not import example.org/house/memstore"},
	{"arrows", "memstore/store.go", "// Package memstore remembers.\npackage memstore\n\nimport \"example.org/house/storetest\"\n\nvar _ = storetest.Run\n", "memstore must not import example.org/house/storetest"},
	{"arrows", "internal/disk/disk.go", "// Package disk spins.\npackage disk\n\nimport \"example.org/house\"\n\nvar _ = house.ErrGone\n", "internal/disk must not import example.org/house"},
	{"arrows", "attic/attic.go", "// Package attic is new.\npackage attic\n", "package attic is in no row of the table"},
	{"outside", "memstore/store.go", "// Package memstore remembers.\npackage memstore\n\nimport \"example.net/lru\"\n\nvar _ = lru.New\n", "memstore/store.go:4: the root module must not import example.net/lru"},
	{"outside", "memstore/store_test.go", "package memstore_test\n\nimport \"example.net/assert\"\n\nvar _ = assert.True\n", "the root module must not import example.net/assert"},
	{"outside", "memstore/c.go", "package memstore\n\nimport \"C\"\n", "cgo"},
	{"outside", "cmd/coatcheck/main_test.go", "package main\n\nimport \"example.org/house/internal/disk\"\n\nvar _ = disk.New\n", "which is internal to the root module"},
	{"outside", "bench/disk_test.go", "package main\n\nimport \"example.org/house/internal/disk\"\n\nvar _ = disk.New\n", "which is internal to the root module"},
	{"testing", "memstore/store.go", "// Package memstore remembers.\npackage memstore\n\nimport \"testing\"\n\nvar _ testing.TB\n", "memstore/store.go:4: imports testing"},
	{"testing", "memstore/store.go", "// Package memstore remembers.\npackage memstore\n\nimport \"testing/fstest\"\n\nvar _ fstest.MapFS\n", "imports testing/fstest"},
	{"testing", "cmd/coatcheck/serve.go", "package main\n\nimport \"net/http/httptest\"\n\nvar _ = httptest.NewServer\n", "imports net/http/httptest"},
	{"state", "memstore/init.go", "package memstore\n\nfunc init() {}\n", "memstore/init.go:3: func init"},
	{"state", "cmd/coatcheck/init.go", "package main\n\nfunc init() {}\n", "func init"},
	{"state", "memstore/store.go", "// Package memstore remembers.\npackage memstore\n\nimport _ \"image/png\"\n", "imports image/png for its effects"},
	{"state", "memstore/vars.go", "package memstore\n\n// Shards may be changed.\nvar Shards = 16\n", "exported variable Shards"},
	{"names", "memstore/names.go", "package memstore\n\n// GetOwner gets it.\nfunc GetOwner() {}\n", "GetOwner: an accessor has no Get before it"},
	{"names", "memstore/names.go", "package memstore\n\n// Store stores.\ntype Store struct{}\n\n// Commit saves.\nfunc (*Store) Commit() {}\n", "Commit: we say Save"},
	{"names", "memstore/names.go", "package memstore\n\n// Store stores.\ntype Store[K any] struct{}\n\n// Invalidate ends.\nfunc (*Store[K]) Invalidate() {}\n", "Invalidate: we say Destroy"},
	{"names", "memstore/names.go", "package memstore\n\n// Limits are many.\ntype Limits struct {\n\tMaxLifetime int // days\n}\n", "MaxLifetime: we say Timeout or Deadline"},
	{"names", "memstore/names.go", "package memstore\n\n// GCPause waits.\nconst GCPause = 1\n", "GCPause: we say Sweep"},
	{"names", "memstore/names.go", "package memstore\n\n// Renewer renews.\ntype Renewer interface {\n\t// RegenerateToken does too.\n\tRegenerateToken()\n}\n", "RegenerateToken: we say Renew"},
	{"names", "memstore/util/util.go", "// Package util is a drawer.\npackage util\n", "package util: name it after what it provides"},
	{"docs", "memstore/bare.go", "package memstore\n\nfunc Bare() {}\n", "memstore/bare.go:3: exported Bare has no doc comment"},
	{"docs", "memstore/bare.go", "package memstore\n\ntype Bare int\n", "exported type Bare has no doc comment"},
	{"docs", "memstore/bare.go", "package memstore\n\n// Bare is.\ntype Bare int\n\nfunc (b *Bare) Do() {}\n", "exported Do has no doc comment"},
	{"docs", "memstore/bare.go", "package memstore\n\nconst Bare = 1\n", "exported Bare has no doc comment"},
	{"docs", "memstore/bare.go", "package memstore\n\n// A Doer does.\ntype Doer interface{ Do() }\n", "Doer.Do has no doc comment"},
	{"docs", "memstore/bare.go", "package memstore\n\n// MoreOptions are many.\ntype MoreOptions struct{ Max int }\n", "MoreOptions.Max has no doc comment"},
	{"docs", "memstore/bare.go", "package memstore\n\n// MoreOptions are many.\ntype MoreOptions struct {\n\t// Max is the limit.\n\tMax int\n\tMin int\n}\n", "MoreOptions.Min has no doc comment"},
	{"docs", "kvstore/kv.go", "package kvstore\n", "package kvstore has no doc comment"},
	{"size", "memstore/long.go", "package memstore\n" + strings.Repeat("\n", 500), "501 lines"},
	{"size", "memstore/long_test.go", "package memstore_test\n" + strings.Repeat("\n", 500), "501 lines"},
	{"size", "memstore/long.go", "package memstore\n\nfunc long() {\n" + strings.Repeat("\tlong()\n", 60) + "}\n", "long has 62 lines"},
	{"sleep", "memstore/nap_test.go", "package memstore_test\n\nimport \"time\"\n\nfunc nap() { time.Sleep(1) }\n", "memstore/nap_test.go:5: time.Sleep in a test"},
	{"sleep", "storetest/nap.go", "package storetest\n\nimport \"time\"\n\nfunc nap() { time.Sleep(1) }\n", "time.Sleep in a test"},
	{"external", "memstore/in_test.go", "package memstore\n", "make it memstore_test"},
	{"open", "memstore/later.go", "package memstore\n\n// " + "TODO: remember.\n", "left open"},
	{"open", "memstore/later.go", "package memstore\n\n/* This is not " + "implemented. */\n", "left open"},
	{"words", "NOTES.md", "See /" + "work/notes.\n", "NOTES.md:1:"},
	{"words", "NOTES.md", "One.\nSee ../sh" + "ared/notes.\n", "NOTES.md:2:"},
	{"words", ".ci/run", "# as Issue" + " #7 wants\n", ".ci/run:1:"},
	{"threats", "memstore/n_test.go", "package memstore_test\n\nfunc TestCase28Names(t *T) {}\n", "memstore/n_test.go:3: memstore.TestCase28Names is in no row of its number"},
	{"threats", "docs/THREATS.md", threats(33, "`memstore.TestRequirement02Form`"), "row 2 names memstore.TestRequirement02Form, which is not there"},
	{"threats", "docs/THREATS.md", threats(33, "`memstore.TestCase02Form`"), "row 2 names memstore.TestCase02Form; its tests begin with TestRequirement02"},
	{"threats", "docs/THREATS.md", threats(33, ""), "row 2 names tests, or says"},
	{"threats", "docs/THREATS.md", threats(32, "no"), `32 rows under "## Requirements"; there are 33`},
	{"threats", "docs/THREATS.md", strings.Replace(threats(33, "no"), "| 7 |", "| 8 |", 1), `row 8 under "## Requirements" comes where 7 should`},
}

// threats are the tables of threats with so many requirements, none of which
// applies, but maybe the second, which names these tests.
func threats(requirements int, tests string) string {
	var b strings.Builder
	row := func(n int, why, tests string) { fmt.Fprintf(&b, "| %d | what | %s | %s |\n", n, why, tests) }
	const none = "Does not apply: it is small"
	b.WriteString("# Threats\n\n## Requirements\n\n| # | a | b | c |\n|---|---|---|---|\n")
	for n := 1; n <= requirements; n++ {
		if n == 2 && tests != "no" {
			row(n, "refused", tests)
			continue
		}
		row(n, none, "")
	}
	b.WriteString("\n## Abuse cases\n\n| # | a | b | c |\n|---|---|---|---|\n")
	for n := 1; n <= 64; n++ {
		row(n, none, "")
	}
	return b.String()
}

// tree builds a file system from the sound house and one more file.
func tree(path, src string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for p, s := range sound {
		fsys[p] = &fstest.MapFile{Data: []byte(s)}
	}
	if path != "" {
		fsys[path] = &fstest.MapFile{Data: []byte(src)}
	}
	return fsys
}

// TestSound proves that a house which keeps the rules is left in peace.
func TestSound(t *testing.T) {
	found, err := lint.Check(tree("", ""))
	if err != nil || len(found) > 0 {
		t.Errorf("Check = %v, %v; want nothing", found, err)
	}
}

// TestRulesCatch proves that each rule catches what it is there for.
func TestRulesCatch(t *testing.T) {
	for _, b := range breaches {
		t.Run(b.rule+"/"+b.want, func(t *testing.T) {
			found, err := lint.Check(tree(b.path, b.src))
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].Rule != b.rule || !strings.Contains(found[0].String(), b.want) {
				t.Errorf("Check = %v\nwant one finding of rule %s that says %q", found, b.rule, b.want)
			}
		})
	}
}

// TestEveryRuleIsProven fails when a rule is added without a case above.
func TestEveryRuleIsProven(t *testing.T) {
	proven := map[string]bool{}
	for _, b := range breaches {
		proven[b.rule] = true
	}
	got, want := slices.Sorted(maps.Keys(proven)), slices.Sorted(slices.Values(lint.RuleNames()))
	if !slices.Equal(got, want) {
		t.Errorf("proven rules %v\nwant all rules %v", got, want)
	}
}

// TestUnreadable proves that what cannot be checked is not taken for clean.
func TestUnreadable(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"no go.mod": {"a.go": {Data: []byte("package a\n")}},
		"no Go":     tree("memstore/broken.go", "pakcage memstore\n"),
		"empty":     tree("memstore/broken.go", ""),
	} {
		if found, err := lint.Check(fsys); err == nil {
			t.Errorf("%s: Check = %v, nil; want an error", name, found)
		}
	}
}
