package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A tree is the repository as the rules see it.
type tree struct {
	files   []*file   // every text file, in lexical order
	gofiles []*gofile // those that are Go, testdata excepted
	modules []*module // the root module first
	house   string    // the root module's path
}

// A file is one text file.
type file struct {
	path string
	src  []byte
}

// A gofile is one parsed Go file.
type gofile struct {
	*file
	dir    string // its package's directory, "." for the root
	syntax *ast.File
	fset   *token.FileSet
	module *module
}

// load reads and parses everything that belongs to the repository.
func load(fsys fs.FS) (*tree, error) {
	t := &tree{}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(p, d)
		}
		return t.add(fsys, p, d)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(t.modules, func(a, b *module) int { return strings.Compare(a.dir, b.dir) })
	if len(t.modules) == 0 || t.modules[0].dir != "." {
		return nil, fmt.Errorf("no go.mod at the root")
	}
	t.house = t.modules[0].path
	for _, g := range t.gofiles {
		g.module = t.moduleOf(g.dir)
	}
	return t, nil
}

// enter skips hidden directories, but for those that hold our own scripts.
func enter(p string, d fs.DirEntry) error {
	name := d.Name()
	if p != "." && strings.HasPrefix(name, ".") && name != ".ci" && name != ".github" {
		return fs.SkipDir
	}
	return nil
}

// add reads one file into the tree. Binary files are none of our business.
func (t *tree) add(fsys fs.FS, p string, d fs.DirEntry) error {
	if !d.Type().IsRegular() {
		return nil
	}
	src, err := fs.ReadFile(fsys, p)
	if err != nil {
		return err
	}
	if !utf8.Valid(src) || bytes.IndexByte(src, 0) >= 0 {
		return nil
	}
	f := &file{p, src}
	t.files = append(t.files, f)
	switch {
	case path.Base(p) == "go.mod":
		t.modules = append(t.modules, parseModule(f))
	case path.Ext(p) == ".go" && !within(p, "testdata"):
		return t.parse(f)
	}
	return nil
}

// parse adds a Go file.
func (t *tree) parse(f *file) error {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, f.path, f.src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.gofiles = append(t.gofiles, &gofile{file: f, dir: path.Dir(f.path), syntax: syntax, fset: fset})
	return nil
}

// moduleOf returns the module that holds dir: the deepest around it.
func (t *tree) moduleOf(dir string) *module {
	best := t.modules[0]
	for _, m := range t.modules {
		if under(dir, m.dir) && len(m.dir) > len(best.dir) {
			best = m
		}
	}
	return best
}

// file returns the file with that path, or nil.
func (t *tree) file(p string) *file {
	for _, f := range t.files {
		if f.path == p {
			return f
		}
	}
	return nil
}

// local turns an import path of this house into a directory.
func (t *tree) local(importPath string) (dir string, ok bool) {
	if importPath == t.house {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.house+"/")
}

// line returns the line of a position.
func (g *gofile) line(pos token.Pos) int { return g.fset.Position(pos).Line }

// isTest reports whether the file belongs to a test binary only.
func (g *gofile) isTest() bool { return strings.HasSuffix(g.path, "_test.go") }

// isHarness reports whether the file's package exists to test others: its
// name, or that of a directory around it, ends in "test".
func (g *gofile) isHarness() bool {
	for elem := range strings.SplitSeq(g.dir, "/") {
		if strings.HasSuffix(elem, "test") {
			return true
		}
	}
	return false
}

// isMain reports whether the file is part of a program.
func (g *gofile) isMain() bool { return g.syntax.Name.Name == "main" }

// isPublic reports whether other modules can import the file's package.
func (g *gofile) isPublic() bool {
	return !g.isTest() && !g.isMain() && !within(g.dir, "internal")
}

// imports yields the file's imports by path.
func (g *gofile) imports(yield func(string, *ast.ImportSpec) bool) {
	for _, spec := range g.syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so this cannot be
		}
		if !yield(p, spec) {
			return
		}
	}
}

// under reports whether dir is base or inside it.
func under(dir, base string) bool {
	return base == "." || dir == base || strings.HasPrefix(dir, base+"/")
}

// within reports whether p has an element called name.
func within(p, name string) bool {
	return strings.Contains("/"+p+"/", "/"+name+"/")
}
