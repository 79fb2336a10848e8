package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// barred are words that no exported name contains, by their beginnings, each
// with the word of this house for the same thing.
var barred = map[string]string{
	"Commit":    "Save",
	"Regenerat": "Renew",
	"Invalidat": "Destroy",
	"Lifetime":  "Timeout or Deadline",
	"GC":        "Sweep",
}

// drawers are package names that say nothing about what is inside.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "lib"}

// checkNames holds packages and exported names to the vocabulary.
func checkNames(t *tree, report reportFunc) {
	for _, g := range t.gofiles {
		if name := g.syntax.Name; slices.Contains(drawers, name.Name) {
			report(g.path, g.line(name.Pos()), "package %s: name it after what it provides", name.Name)
		}
		if !g.isPublic() {
			continue
		}
		for name := range exported(g.syntax) {
			checkName(g, name, report)
		}
	}
}

// checkName looks at one exported name.
func checkName(g *gofile, name *ast.Ident, report reportFunc) {
	words := camel(name.Name)
	if len(words) > 1 && words[0] == "Get" {
		report(g.path, g.line(name.Pos()), "%s: an accessor has no Get before it", name.Name)
	}
	for _, w := range words {
		for bad, good := range barred {
			if w == bad || len(bad) > 2 && strings.HasPrefix(w, bad) {
				report(g.path, g.line(name.Pos()), "%s: we say %s", name.Name, good)
			}
		}
	}
}

// camel splits a Go name into its words: "NewIDStore" is New, ID and Store.
func camel(name string) []string {
	var (
		words []string
		start int
		runes = []rune(name)
	)
	for i := 1; i < len(runes); i++ {
		up := unicode.IsUpper(runes[i])
		afterLower := !unicode.IsUpper(runes[i-1])
		beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if up && (afterLower || beforeLower) {
			words = append(words, string(runes[start:i]))
			start = i
		}
	}
	return append(words, string(runes[start:]))
}

// exported yields the names that a file adds to its package's face: functions,
// methods of exported types, types with their fields and methods, constants
// and variables.
func exported(f *ast.File) func(yield func(*ast.Ident) bool) {
	return func(yield func(*ast.Ident) bool) {
		for _, decl := range f.Decls {
			for _, name := range declared(decl) {
				if name.IsExported() && !yield(name) {
					return
				}
			}
		}
	}
}

// declared returns the names that a declaration introduces.
func declared(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || receiver(d).IsExported() {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(append(names, s.Name), members(s)...)
			case *ast.ValueSpec:
				names = append(names, s.Names...)
			}
		}
		return names
	}
	return nil
}

// members returns the fields of an exported struct, the methods of an exported
// interface.
func members(s *ast.TypeSpec) []*ast.Ident {
	if !s.Name.IsExported() {
		return nil
	}
	var names []*ast.Ident
	for _, field := range fields(s) {
		names = append(names, field.Names...)
	}
	return names
}

// fields returns what stands between the braces of a struct or an interface.
func fields(s *ast.TypeSpec) []*ast.Field {
	switch typ := s.Type.(type) {
	case *ast.StructType:
		return typ.Fields.List
	case *ast.InterfaceType:
		return typ.Methods.List
	}
	return nil
}

// receiver returns the name of a method's type.
func receiver(fn *ast.FuncDecl) *ast.Ident {
	expr := fn.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e
		default:
			return &ast.Ident{NamePos: token.NoPos}
		}
	}
}
