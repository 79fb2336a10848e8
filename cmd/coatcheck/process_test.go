//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// build makes the program as a user would, once for all tests.
func build(t *testing.T) string {
	t.Helper()
	program, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var buildOnce = sync.OnceValues(func() (string, error) {
	program := filepath.Join(workshop(), "coatcheck")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, nil
})

// A process is the program at work.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	stderr bytes.Buffer
	ended  func() error
}

// launch starts the demo and waits until it says where it is.
func launch(t *testing.T, program string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, program, append([]string{"demo"}, args...)...)}
	p.cmd.Stderr = &p.stderr
	p.cmd.Env = append([]string{"XDG_CACHE_HOME=" + t.TempDir()}, os.Environ()...) // or our own sessions would be in it
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.ended = sync.OnceValue(p.cmd.Wait)
	t.Cleanup(func() { p.cmd.Process.Kill(); p.ended() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the demo says nothing: %v", err)
	}
	if p.url = regexp.MustCompile(`https?://\S+:\d+`).FindString(line); p.url == "" {
		t.Fatalf("the demo says %q, which has no URL", line)
	}
	return p
}

// open asks for a path.
func (p *process) open(c *http.Client, path string) *http.Response {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), "GET", p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	return res
}

// get asks for a path and returns the body.
func (p *process) get(c *http.Client, path string) string {
	p.t.Helper()
	res := p.open(c, path)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, %v: %s", path, res.Status, err, body)
	}
	return string(body)
}

// end sends a signal and wants the program to end well, having said that it
// does.
func (p *process) end(signal os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	if err := p.ended(); err != nil {
		p.t.Errorf("after %v: %v\n%s", signal, err, p.stderr.String())
	}
	if !strings.Contains(p.stderr.String(), "Ending") {
		p.t.Errorf("after %v the program says nothing of it: %q", signal, p.stderr.String())
	}
}

func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Transport: new(http.Transport)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// The program itself, as it is built and run by a user.
func TestProgram(t *testing.T) {
	program := build(t)
	t.Run("SIGTERM ends it", func(t *testing.T) { runsAndEnds(t, program, syscall.SIGTERM) })
	t.Run("interrupt ends it", func(t *testing.T) { runsAndEnds(t, program, os.Interrupt) })
	t.Run("slow requests do not hold it up", func(t *testing.T) { endsSlowRequests(t, program) })
	t.Run("open address", func(t *testing.T) { servesOpenAddress(t, program) })
	t.Run("two of them on one directory are one", func(t *testing.T) { shareFiles(t, program) })
	t.Run("taken port", func(t *testing.T) { refusesTakenPort(t, program) })
}

// runsAndEnds: it serves the site on the port that it names, and a signal ends
// it with exit code 0.
func runsAndEnds(t *testing.T, program string, signal os.Signal) {
	p, c := launch(t, program, "--listen", "127.0.0.1:0"), newClient(t)
	for _, want := range []string{"1\n", "2\n", "3\n"} {
		if got := p.get(c, "/count"); got != want {
			t.Errorf("/count: %q, want %q", got, want)
		}
	}
	if page := p.get(c, "/"); !strings.Contains(page, "0001") {
		t.Errorf("the first page:\n%s", page)
	}
	p.end(signal)
	if said := p.stderr.String(); !strings.Contains(said, "insecure") || strings.Contains(said, "level=") {
		t.Errorf("on loopback the program says %q", said)
	}
}

// endsSlowRequests: a request that would last half a minute more does not hold
// up the end.
func endsSlowRequests(t *testing.T, program string) {
	p, c := launch(t, program, "--listen", "localhost:0"), newClient(t)
	res := p.open(c, "/stream?n=2&ms=30000")
	defer res.Body.Close()
	start := time.Now()
	p.end(syscall.SIGTERM)
	if took := time.Since(start); took >= patience {
		t.Errorf("the end took %v", took)
	}
	if body, err := io.ReadAll(res.Body); string(body) != "1 of 2\n" || err != nil {
		t.Errorf("the stream ended with %q, %v", body, err)
	}
}

// servesOpenAddress: on an address that others reach the cookie is the strict
// one, and the program says what that means.
func servesOpenAddress(t *testing.T, program string) {
	p := launch(t, program, "--listen", "0.0.0.0:0")
	res := p.open(newClient(t), "/count")
	res.Body.Close()
	if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-id=") || !strings.Contains(got, "; Secure") {
		t.Errorf("Set-Cookie %q", got)
	}
	p.end(syscall.SIGTERM)
	if said := p.stderr.String(); !strings.Contains(said, "__Host-id") || !strings.Contains(said, "HTTPS") {
		t.Errorf("the program says %q", said)
	}
}

// shareFiles: two programs with one directory are one site: visitors of both
// count together, at the same time too, and a program that is killed costs
// nobody a session.
func shareFiles(t *testing.T, program string) {
	store := "file:" + filepath.Join(t.TempDir(), "sessions")
	one := launch(t, program, "--listen", "127.0.0.1:0", "--store", store)
	two := launch(t, program, "--listen", "127.0.0.1:0", "--store", store)
	c := newClient(t)
	for n, p := range []*process{one, two, two, one} {
		if got, want := p.get(c, "/count"), fmt.Sprintln(n+1); got != want {
			t.Errorf("/count: %q, want %q", got, want)
		}
	}
	const visits = 20
	var wg sync.WaitGroup
	for n := range 2 * visits {
		wg.Go(func() { []*process{one, two}[n%2].get(c, "/count") })
	}
	wg.Wait()
	one.cmd.Process.Kill()
	one.ended()
	if got, want := two.get(c, "/count"), fmt.Sprintln(5+2*visits); got != want {
		t.Errorf("/count: %q, want %q", got, want)
	}
	two.end(syscall.SIGTERM)
	three := launch(t, program, "--listen", "127.0.0.1:0", "--store", store)
	if got, want := three.get(c, "/count"), fmt.Sprintln(6+2*visits); got != want {
		t.Errorf("/count: %q, want %q", got, want)
	}
	three.end(syscall.SIGTERM)
}

// refusesTakenPort: a port that is taken is an error in one line, with exit
// code 1.
func refusesTakenPort(t *testing.T, program string) {
	p := launch(t, program, "--listen", "127.0.0.1:0")
	out, err := exec.CommandContext(t.Context(), program, "demo", "--listen", strings.TrimPrefix(p.url, "http://")).CombinedOutput()
	ended := (*exec.ExitError)(nil)
	if !errors.As(err, &ended) || ended.ExitCode() != exitError {
		t.Errorf("the second program ends with %v", err)
	}
	if said := string(out); strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "coatcheck: listen tcp ") {
		t.Errorf("the second program says %q", said)
	}
	p.end(os.Interrupt)
}

// TestDemoKeepsSessions: without --store, sessions outlive the program, and two
// programs behave as one.
func TestDemoKeepsSessions(t *testing.T) {
	program := build(t)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	one, two := launch(t, program, "--listen", "127.0.0.1:0"), launch(t, program, "--listen", "127.0.0.1:0")
	c := newClient(t)
	for i, want := range []string{"1\n", "2\n", "3\n", "4\n"} {
		if got := []*process{one, two}[i%2].get(c, "/count"); got != want {
			t.Errorf("/count: %q, want %q", got, want)
		}
	}
	one.end(syscall.SIGTERM)
	two.end(syscall.SIGTERM)
	if !strings.Contains(two.stderr.String(), "demo.sessions") {
		t.Errorf("the program does not say where its sessions are: %s", two.stderr.String())
	}
	again := launch(t, program, "--listen", "127.0.0.1:0")
	if got := again.get(c, "/count"); got != "5\n" {
		t.Errorf("after a restart, /count is %q", got)
	}
	again.end(syscall.SIGTERM)
}
