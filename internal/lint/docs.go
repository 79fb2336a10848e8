package lint

import (
	"go/ast"
	"slices"
	"strings"
	"unicode"
)

// checkDocs wants a comment on every exported name outside programs and tests,
// on every field of Options, and one for each package.
func checkDocs(t *tree, report reportFunc) {
	documented := map[string]bool{}
	first := map[string]*gofile{}
	for _, g := range t.gofiles {
		if g.isTest() {
			continue
		}
		if first[g.dir] == nil {
			first[g.dir] = g
		}
		documented[g.dir] = documented[g.dir] || g.syntax.Doc.Text() != ""
		if g.isMain() {
			continue
		}
		for _, decl := range g.syntax.Decls {
			checkDecl(g, decl, report)
		}
	}
	for dir, g := range first {
		if !documented[dir] {
			report(g.path, 1, "package %s has no doc comment", g.syntax.Name.Name)
		}
	}
}

// checkDecl looks for the comments of one declaration.
func checkDecl(g *gofile, decl ast.Decl, report reportFunc) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || receiver(d).IsExported()) && blank(d.Doc) {
			report(g.path, g.line(d.Pos()), "exported %s has no doc comment", d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				checkType(g, d, s, report)
			case *ast.ValueSpec:
				checkValue(g, d, s, report)
			}
		}
	}
}

// checkType looks for the comments of a type, of an interface's methods, and
// of the fields of Options, each of which a user has to decide about.
func checkType(g *gofile, d *ast.GenDecl, s *ast.TypeSpec, report reportFunc) {
	if !s.Name.IsExported() {
		return
	}
	if blank(s.Doc) && (d.Lparen.IsValid() || blank(d.Doc)) {
		report(g.path, g.line(s.Pos()), "exported type %s has no doc comment", s.Name.Name)
	}
	_, isInterface := s.Type.(*ast.InterfaceType)
	if !isInterface && !strings.HasSuffix(s.Name.Name, "Options") {
		return
	}
	var above *ast.CommentGroup // the last comment over a field
	for _, field := range fields(s) {
		if !blank(field.Doc) {
			above = field.Doc
		}
		for _, name := range field.Names {
			if name.IsExported() && blank(field.Doc) && blank(field.Comment) && !mentions(above, name.Name) {
				report(g.path, g.line(name.Pos()), "%s.%s has no doc comment", s.Name.Name, name.Name)
			}
		}
	}
}

// mentions reports whether a comment names a field that follows the one that
// it stands over.
func mentions(c *ast.CommentGroup, name string) bool {
	return slices.Contains(strings.FieldsFunc(c.Text(), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), name)
}

// checkValue looks for the comment of constants or variables. In a group, the
// group's comment serves all.
func checkValue(g *gofile, d *ast.GenDecl, s *ast.ValueSpec, report reportFunc) {
	for _, name := range s.Names {
		if name.IsExported() && blank(d.Doc) && blank(s.Doc) && blank(s.Comment) {
			report(g.path, g.line(name.Pos()), "exported %s has no doc comment", name.Name)
		}
	}
}

// blank reports whether a comment is missing or empty.
func blank(c *ast.CommentGroup) bool { return strings.TrimSpace(c.Text()) == "" }
