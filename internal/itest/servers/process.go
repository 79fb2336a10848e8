//go:build unix

package servers

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// errEarlyEnd means that a server ended before it answered.
var errEarlyEnd = errors.New("it ended before it was ready")

// A process is a server at work.
type process struct {
	cmd  *exec.Cmd
	log  *tail
	done chan struct{} // closed when it has ended
}

// launch starts a server and waits until it answers.
func launch(s *Server) (*process, error) {
	line := s.kind.command(s)
	p := &process{cmd: exec.Command(line[0], line[1:]...), log: &tail{ready: make(chan struct{}), word: s.kind.ready}, done: make(chan struct{})}
	s.settle(p.cmd, s.kind.stop)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.start(s, in); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	go func() { p.log.read(out); out.Close() }()
	select {
	case <-p.log.ready:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%w: %s", errEarlyEnd, p.log)
	case <-time.After(startTimeout):
		p.end(os.Kill)
		return nil, fmt.Errorf("it is not ready after %v: %s", startTimeout, p.log)
	}
}

// start runs the command on a thread of its own. The system kills the server
// when the thread that started it ends, so that thread has to last as long.
func (p *process) start(s *Server, log io.Closer) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		log.Close()
		started <- err
		if err == nil {
			p.cmd.Wait()
			runtime.KeepAlive(s) // and its folder with it
			close(p.done)
		}
	}()
	return <-started
}

// end sends a signal and waits until the process is gone.
func (p *process) end(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("it had to be killed: %s", p.log)
	}
}

// A tail keeps the last lines of a log, and waits for a word in it.
type tail struct {
	word  string
	ready chan struct{} // closed when the word was there

	mu    sync.Mutex
	lines []string
	seen  bool
}

// tailLines is how many lines are kept: the log of a test that waits for what
// it says.
const tailLines = 10_000

func (t *tail) read(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		t.add(lines.Text())
	}
	io.Copy(io.Discard, r) // a line that is too long must not stop the server
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines = append(t.lines, line); len(t.lines) > tailLines {
		t.lines = t.lines[tailLines/10:]
	}
	if !t.seen && strings.Contains(line, t.word) {
		t.seen = true
		close(t.ready)
	}
}

// String returns the lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}
