package lint

import (
	"bytes"
	"go/ast"
)

const (
	maxFile = 500 // lines of a Go file, tests included
	maxFunc = 60  // lines of a function that needs no excuse
)

// checkSize keeps files short, and wants a comment on long functions.
func checkSize(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		if n := bytes.Count(g.src, []byte("\n")); n > maxFile {
			report(g.path, 0, "%d lines: one noun per file, %d lines at most", n, maxFile)
		}
		if g.isTest() {
			continue
		}
		for _, decl := range g.syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := g.line(fn.End()) - g.line(fn.Pos()) + 1; n > maxFunc && blank(fn.Doc) {
				report(g.path, g.line(fn.Pos()), "%s has %d lines: past %d a comment says why", fn.Name.Name, n, maxFunc)
			}
		}
	}
}
