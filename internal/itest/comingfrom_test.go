package itest_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// comingFromImports are the packages that the blocks of docs/COMING-FROM.md use.
var comingFromImports = []string{
	"context", "database/sql", "errors", "fmt", "io", "net/http", "time",
	"github.com/coatcheck/coatcheck", "github.com/coatcheck/coatcheck/hashstore", "github.com/coatcheck/coatcheck/kvstore",
	"github.com/coatcheck/coatcheck/memstore", "github.com/coatcheck/coatcheck/redisstore", "github.com/coatcheck/coatcheck/ring",
	"github.com/coatcheck/coatcheck/sealed", "github.com/coatcheck/coatcheck/sqlstore",
}

// TestComingFromCompiles: the lines that docs/COMING-FROM.md tells people to write
// are those of today's packages.
func TestComingFromCompiles(t *testing.T) {
	text, err := os.ReadFile("../../docs/COMING-FROM.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "\n```go\n")[1:]
	if len(blocks) < 10 {
		t.Fatalf("only %d blocks of Go", len(blocks))
	}
	var src strings.Builder
	src.WriteString("func oldUser(*http.Request) string { return \"\" }\n")
	for i, block := range blocks {
		code, _, closed := strings.Cut(block, "\n```\n")
		if !closed {
			t.Fatalf("block %d has no end", i)
		}
		writeBlock(t, &src, i, code)
	}
	head := "package itest\n"
	for _, path := range comingFromImports {
		head += fmt.Sprintf("import %q\n", path)
	}
	buildBeside(t, head+src.String())
}

// writeBlock makes a function of a block. What is given to a block is a parameter,
// and what it declares counts as used.
func writeBlock(t *testing.T, src *strings.Builder, i int, code string) {
	t.Helper()
	given := "s *coatcheck.Session, m *coatcheck.Manager, w http.ResponseWriter, r *http.Request, ctx context.Context, err error, file io.Reader, logouts coatcheck.Store"
	if strings.Contains(code, "ctx := ") {
		given = "r *http.Request"
	}
	fn := fmt.Sprintf("func block%d(%s) (failed error) {\n{\n%s\n", i, given, code)
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+fn+"}\nreturn nil\n}", 0)
	if err != nil {
		t.Fatalf("block %d: %v\n%s", i, err, code)
	}
	src.WriteString(fn)
	body := file.Decls[0].(*ast.FuncDecl).Body.List[0].(*ast.BlockStmt)
	for _, stmt := range body.List {
		if a, ok := stmt.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			for _, name := range a.Lhs {
				fmt.Fprintf(src, "_ = %s\n", name.(*ast.Ident).Name)
			}
		}
	}
	src.WriteString("}\nreturn nil\n}\n")
}

// buildBeside compiles a file as if it were in this directory's package.
func buildBeside(t *testing.T, code string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "blocks.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "blocks.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "build", "-overlay", list, "-o", os.DevNull, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("docs/COMING-FROM.md: %v\n%s", err, out)
	}
}
