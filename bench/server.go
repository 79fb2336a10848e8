package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// What the environment tells a server process.
const (
	serveEnv   = "COATCHECK_BENCH_SERVE"   // the library
	profileEnv = "COATCHECK_BENCH_PROFILE" // file for a CPU profile, if any
)

// serveChild is the whole life of a server process. It writes its address as
// one line, then answers each line "cpu" by the nanoseconds of processor time
// used so far, and ends when its input does, so that it never outlives the
// process that started it. The pipe keeps these questions away from the
// measured server.
func serveChild(name string, in io.Reader, out io.Writer) error {
	lib, err := findLibrary(name)
	if err != nil {
		return err
	}
	s, free, err := openSite(lib, setup{})
	if err != nil {
		return err
	}
	defer free()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	stop, err := profileTo(os.Getenv(profileEnv))
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(ln) }()
	asked := make(chan error, 1)
	go func() { asked <- answerQuestions(ln.Addr().String(), in, out) }()
	select {
	case err = <-served:
	case err = <-asked:
	}
	return errors.Join(err, stop())
}

// profileTo starts a CPU profile unless path is empty. stop ends it.
func profileTo(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

func answerQuestions(addr string, in io.Reader, out io.Writer) error {
	fmt.Fprintln(out, addr)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fmt.Fprintln(out, cpuTime().Nanoseconds())
	}
	return lines.Err()
}

// A server is a server process seen from outside.
type server struct {
	addr    string
	cmd     *exec.Cmd
	ask     io.WriteCloser
	answers *bufio.Reader
}

// startServer runs this program once more, as a server of the library on
// procs processors.
func startServer(lib library, procs int, profile string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), serveEnv+"="+lib.name, profileEnv+"="+profile, "GOMAXPROCS="+strconv.Itoa(procs))
	cmd.Stderr = os.Stderr
	ask, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, ask: ask, answers: bufio.NewReader(answers)}
	addr, err := s.answers.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server process: %w", err), s.stop())
	}
	s.addr = strings.TrimSpace(addr)
	return s, nil
}

// cpu returns the processor time that the server has used; zero where the
// system does not tell.
func (s *server) cpu() (time.Duration, error) {
	if _, err := io.WriteString(s.ask, "cpu\n"); err != nil {
		return 0, err
	}
	line, err := s.answers.ReadString('\n')
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return time.Duration(ns), err
}

// stop ends the server and waits for it.
func (s *server) stop() error {
	return errors.Join(s.ask.Close(), s.cmd.Wait())
}
