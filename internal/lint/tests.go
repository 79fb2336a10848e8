package lint

import (
	"go/ast"
	"path"
	"strings"
)

// checkSleep keeps real time out of tests: they sleep only in the bubble of
// testing/synctest, where it costs nothing and proves something.
func checkSleep(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		if !g.isTest() && !g.isHarness() || g.uses("testing/synctest") {
			continue
		}
		ast.Inspect(g.syntax, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" && isIdent(sel.X, "time") {
				report(g.path, g.line(sel.Pos()), "time.Sleep in a test: use testing/synctest, or wait for what you wait for")
			}
			return true
		})
	}
}

// uses reports whether the file imports p.
func (g *gofile) uses(p string) bool {
	for q := range g.imports {
		if p == q {
			return true
		}
	}
	return false
}

// isIdent reports whether e is the plain name.
func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// checkExternal wants tests to see what users see: those of a library live in
// its _test package. What they must reach inside goes through export_test.go,
// which the reader finds at once, or files beside it of the name export_…_test.go.
func checkExternal(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		if !g.isTest() || g.isMain() || strings.HasPrefix(path.Base(g.path), "export_") {
			continue
		}
		if name := g.syntax.Name; !strings.HasSuffix(name.Name, "_test") {
			report(g.path, g.line(name.Pos()), "package %[1]s: make it %[1]s_test, and export what it needs in export_test.go", name.Name)
		}
	}
}
