package lint

import (
	"go/ast"
	"go/token"
	"strings"
)

// checkState keeps packages free of effects and settings that nobody asked
// for: no init, no import for its effects, no exported variable but errors.
func checkState(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		if g.isTest() {
			continue
		}
		checkInit(g, report)
		checkBlankImports(g, report)
		if g.isPublic() {
			checkVars(g, report)
		}
	}
}

// checkInit reports init functions.
func checkInit(g *gofile, report reportFunc) {
	for _, decl := range g.syntax.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			report(g.path, g.line(fn.Pos()), "func init: do it where a caller can see it")
		}
	}
}

// checkBlankImports reports imports for their effects. A program may want
// some, and go:embed is harmless.
func checkBlankImports(g *gofile, report reportFunc) {
	if g.isMain() || g.isHarness() {
		return
	}
	for p, spec := range g.imports {
		if spec.Name != nil && spec.Name.Name == "_" && p != "embed" {
			report(g.path, g.line(spec.Pos()), "imports %s for its effects: let the caller do that", p)
		}
	}
}

// checkVars reports exported variables: anybody may overwrite them.
func checkVars(g *gofile, report reportFunc) {
	for _, decl := range g.syntax.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if name.IsExported() && !strings.HasPrefix(name.Name, "Err") {
					report(g.path, g.line(name.Pos()), "exported variable %s: settings belong in Options, values in a function", name.Name)
				}
			}
		}
	}
}
