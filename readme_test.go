package coatcheck_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goBlocks returns the Go code blocks of the README.
func goBlocks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, part := range strings.Split(string(text), "\n```go\n")[1:] {
		code, _, closed := strings.Cut(part, "\n```\n")
		if !closed {
			t.Fatal("README.md has a code block without an end")
		}
		blocks = append(blocks, code+"\n")
	}
	return blocks
}

func TestReadmeHelloCompiles(t *testing.T) {
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	hello := goBlocks(t)[0]
	temp := t.TempDir()
	mod := "module hello\n\ngo 1.25\n\nrequire github.com/coatcheck/coatcheck v0.0.0\n\nreplace github.com/coatcheck/coatcheck => " + dir + "\n"
	for name, content := range map[string]string{"go.mod": mod, "main.go": hello} {
		if err := os.WriteFile(filepath.Join(temp, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "vet", ".")
	build.Dir = temp
	build.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the README's first program does not build: %v\n%s", err, out)
	}
}

func TestReadmeCounterIsTheExample(t *testing.T) {
	example, err := os.ReadFile("example_hello_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if counter := goBlocks(t)[1]; !strings.Contains(string(example), counter) {
		t.Errorf("the README's page-view counter is not the one in example_hello_test.go:\n%s", counter)
	}
}
