package load

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

// profileEnv names, in the environment of a server process, a file for a CPU
// profile.
const profileEnv = "COATCHECK_BENCH_PROFILE"

// Serve is the whole life of a server process. It writes its address as one
// line, then answers each line by the nanoseconds of processor time used so
// far, and ends when its input does, so that it never outlives the process
// that started it. The pipe keeps these questions away from the measured
// server.
func Serve(serve func(net.Listener) error, in io.Reader, out io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	stop, err := ProfileTo(os.Getenv(profileEnv))
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- serve(ln) }()
	asked := make(chan error, 1)
	go func() { asked <- answerQuestions(ln.Addr().String(), in, out) }()
	select {
	case err = <-served:
	case err = <-asked:
	}
	return errors.Join(err, stop())
}

// ProfileTo starts a CPU profile unless path is empty. stop ends it.
func ProfileTo(path string) (stop func() error, err error) {
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
		fmt.Fprintln(out, CPUTime().Nanoseconds())
	}
	return lines.Err()
}

// A Server is a server process seen from outside. It is used by one goroutine.
type Server struct {
	// Addr is where it listens.
	Addr string

	cmd     *exec.Cmd
	ask     io.WriteCloser
	answers *bufio.Reader
}

// StartServer runs this program once more, on procs processors, with env in
// its environment, which has to make it call [Serve]. It writes a CPU profile
// to the file profile unless that is empty.
func StartServer(procs int, profile string, env ...string) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), profileEnv+"="+profile, "GOMAXPROCS="+strconv.Itoa(procs))
	cmd.Env = append(cmd.Env, env...)
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
	s := &Server{cmd: cmd, ask: ask, answers: bufio.NewReader(answers)}
	addr, err := s.answers.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server process: %w", err), s.Stop())
	}
	s.Addr = strings.TrimSpace(addr)
	return s, nil
}

// CPU returns the processor time that the server has used; zero where the
// system does not tell.
func (s *Server) CPU() (time.Duration, error) {
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

// Stop ends the server and waits for it.
func (s *Server) Stop() error {
	return errors.Join(s.ask.Close(), s.cmd.Wait())
}
