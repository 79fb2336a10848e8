//go:build unix

package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A program is the command that is tested, with arguments that stay.
type program struct {
	t    *testing.T
	path string
	args []string
}

// TestMain removes the program in the end.
func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := build(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// build makes the program, once.
var build = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "coatcheck-transfer-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "coatcheck")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, ".")
	cmd.Dir = filepath.FromSlash("../../../cmd/coatcheck")
	if out, err := cmd.CombinedOutput(); err != nil {
		return path, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// copies returns the program, set to copy a hash file to the store of a URL.
func copies(t *testing.T, from, to string, more ...string) *program {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &program{t: t, path: path}
	secret := filepath.Join(dir, "to")
	if err := os.WriteFile(secret, []byte(to+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.args = append([]string{"copy", "hash:" + from, "--to-file", secret, "--state", filepath.Join(dir, "state"), "--json"}, more...)
	return p
}

// run runs the program to its end, for at most so long, and returns its exit
// code: −1 if it was killed when that time was over.
func (p *program) run(limit time.Duration) (code int, said string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, p.args...) // which kills by SIGKILL
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	ended := (*exec.ExitError)(nil)
	switch {
	case err == nil:
		return 0, out.String()
	case errors.As(err, &ended):
		return ended.ExitCode(), out.String()
	case ctx.Err() != nil:
		return -1, out.String()
	}
	p.t.Fatal(err)
	return 0, ""
}

// finish runs the program until it says that all is well.
func (p *program) finish() string {
	p.t.Helper()
	for range 3 {
		code, said := p.run(10 * time.Minute)
		if code == 0 {
			return said
		}
		p.t.Logf("exit code %d: %s", code, said)
	}
	p.t.Fatal("the copy comes to no end")
	return ""
}
