package lint

import (
	"slices"
	"strings"
)

// stores are the packages that keep records. They never import each other.
var stores = []string{
	"memstore", "filestore", "hashstore", "sqlstore", "sealed", "kvstore",
	"redisstore", "memcachestore",
}

// testServers is the package that starts databases for tests. The benchmarks
// measure on the same ones.
const testServers = "internal/itest/servers"

// An arrow says what a package, and all below it, may import of this house
// besides its own subtree. The longest match counts.
type arrow struct {
	from string
	to   []string
}

// arrows is the picture in docs/ARCHITECTURE.md as a table. Who adds a package
// adds a row, and so decides first what the package leans on.
func arrows() []arrow {
	lean := []string{"."}
	text := []string{"internal/jsontree", "internal/nearest"} // settings as text
	all := []arrow{
		{".", nil}, // the core imports the standard library and nothing else
		{"ring", lean},
		{"storetest", lean},
		{"coathtml", lean},
		{"coatchecktest", []string{".", "memstore"}},
		{"storeurl", slices.Concat(lean, stores, text, []string{"ring"})},
		{"config", slices.Concat(lean, stores, text, []string{"ring", "storeurl"})},
		{"cmd", slices.Concat(lean, stores, []string{"ring", "storeurl", "config", "coathtml"})},
		{"bench", slices.Concat(lean, stores, []string{"ring", "storeurl", "config", "internal/itest/servers"})},
		{"internal/itest", slices.Concat(lean, stores, []string{"ring", "storeurl", "config", "storetest", "coatchecktest"})},
		{"internal", nil},
		{"scripts", nil},
	}
	for _, s := range stores {
		to := []string{".", "internal"}
		if s == "memcachestore" {
			to = append(to, "ring/ketama") // a continuum, and no store
		}
		all = append(all, arrow{s, to})
	}
	return all
}

// checkArrows holds every import of this house to the table. A test may import
// any of our packages.
func checkArrows(t *tree, report reportFunc) {
	table := arrows()
	for _, g := range t.gofiles {
		row, ok := find(table, g.dir)
		if !ok {
			report(g.path, 0, "package %s is in no row of the table of arrows: add one", g.dir)
			continue
		}
		if g.isTest() {
			continue
		}
		for p, spec := range g.imports {
			dir, ours := t.local(p)
			if ours && !row.allows(dir) {
				report(g.path, g.line(spec.Pos()), "%s must not import %s", g.dir, p)
			}
		}
	}
}

// find returns the row for dir. The core's holds for the root directory alone.
func find(table []arrow, dir string) (best arrow, ok bool) {
	for _, a := range table {
		match := dir == a.from || a.from != "." && under(dir, a.from)
		if match && (!ok || len(a.from) > len(best.from)) {
			best, ok = a, true
		}
	}
	return best, ok
}

// allows reports whether the row lets its packages import dir.
func (a arrow) allows(dir string) bool {
	if a.from != "." && a.from != "internal" && under(dir, a.from) {
		return true
	}
	return slices.ContainsFunc(a.to, func(to string) bool {
		return dir == to || to != "." && under(dir, to)
	})
}

// checkOutside keeps other people's modules out of the root module, cgo out of
// all of them, and the root module's internal packages out of the others: they
// change from release to release, and each module is released by itself.
func checkOutside(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		for p, spec := range g.imports {
			line := g.line(spec.Pos())
			dir, ours := t.local(p)
			switch {
			case p == "C":
				report(g.path, line, "cgo: we build without a C compiler")
			case ours && g.module.dir != "." && hidden(dir, g.module) && t.moduleOf(dir).dir == ".":
				report(g.path, line, "module %s must not import %s, which is internal to the root module", g.module.path, p)
			case !ours && foreign(p) && g.module.dir == ".":
				report(g.path, line, "the root module must not import %s: it requires nothing", p)
			}
		}
	}
}

// hidden reports whether dir is internal to another module than m. The
// benchmarks are never released, so what they use of the tests cannot move away
// from under a release of theirs.
func hidden(dir string, m *module) bool {
	if m.dir == "bench" && dir == testServers {
		return false
	}
	return within(dir, "internal") && !under(dir, m.dir)
}

// foreign reports whether an import path is outside the standard library.
func foreign(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return strings.Contains(first, ".")
}

// checkTesting lets only tests, and packages whose name says so, import the
// testing packages: they would register flags in their users' programs. The
// benchmarks are measured by them.
func checkTesting(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		if g.isTest() || g.isHarness() || under(g.dir, "bench") {
			continue
		}
		for p, spec := range g.imports {
			if under(p, "testing") || p == "net/http/httptest" {
				report(g.path, g.line(spec.Pos()), "imports %s: only tests and packages called …test may", p)
			}
		}
	}
}
