//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/redisstore"
)

// redisServer starts a Redis server for one test and returns its URL.
func redisServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", t.TempDir())
	// It goes with us; with the thread that started it, strictly, so that one
	// must stay.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("%v: run scripts/deps.sh", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	url := "redis://" + addr
	s, err := redisstore.Open(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := s.Stat(ctx); err != nil { // it waits until the server is there
		t.Fatal(err)
	}
	return url
}

// TestTwoProgramsOnOneRedis: two programs on one Redis server behave as one,
// and what one has stored, the next one finds.
func TestTwoProgramsOnOneRedis(t *testing.T) {
	program, url := build(t), redisServer(t)
	args := []string{"--listen", "127.0.0.1:0", "--store", url}
	one, two := launch(t, program, args...), launch(t, program, args...)
	c := newClient(t)
	for i, want := range []string{"1\n", "2\n", "3\n", "4\n"} {
		p := []*process{one, two}[i%2]
		if got := p.get(c, "/count"); got != want {
			t.Errorf("/count: %q, want %q", got, want)
		}
	}
	one.end(syscall.SIGTERM)
	if got := two.get(c, "/count"); got != "5\n" {
		t.Errorf("when the other has ended, /count is %q", got)
	}
	two.end(syscall.SIGTERM)
	again := launch(t, program, args...)
	if got := again.get(c, "/count"); got != "6\n" {
		t.Errorf("after a restart, /count is %q", got)
	}
}

// TestTwoProgramsOnARing: so do two programs on a ring of servers by weight.
func TestTwoProgramsOnARing(t *testing.T) {
	program := build(t)
	file := filepath.Join(t.TempDir(), "ring.json")
	text := fmt.Sprintf(`{"members": [
		{"name": "a", "weight": 15, "store": %q},
		{"name": "b", "weight": 20, "store": %q}
	]}`, redisServer(t), redisServer(t))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--listen", "127.0.0.1:0", "--store", "ring:" + file}
	one, two := launch(t, program, args...), launch(t, program, args...)
	for range 5 { // visitors, whose sessions are on either server
		c := newClient(t)
		for i, want := range []string{"1\n", "2\n", "3\n"} {
			if got := []*process{one, two}[i%2].get(c, "/count"); got != want {
				t.Errorf("/count: %q, want %q", got, want)
			}
		}
	}
}

// TestDoctorOfRedis: a server that writes nothing to disk is told so.
func TestDoctorOfRedis(t *testing.T) {
	url := redisServer(t)
	r := do(t, "", "doctor", "-s", url)
	r.wants(t, exit.Failed, "to look after")
	for _, want := range []string{"ok        round trip", "appendonly: nothing is written to disk"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, r.stdout)
		}
	}
}
