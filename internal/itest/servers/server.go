//go:build unix

package servers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options say how a server runs. The zero value, like a nil pointer, is a
// server for a test.
type Options struct {
	// Durable makes the server wait for the disk before it answers.
	Durable bool

	// Args are more arguments for the server's command line, after ours.
	Args []string
}

// User, Password and Database are what a client of any server needs. The
// password is not to be found anywhere by accident.
const (
	User     = "coatcheck"
	Password = "pa55-w0rd-of-a-test"
	Database = "coatcheck"
)

// startTimeout is how long a server may take until it answers.
const startTimeout = 90 * time.Second

// A Server is a database server that runs in a folder of its own. [Postgres]
// and [MariaDB] start one. It is safe for concurrent use.
type Server struct {
	// Addr is where it listens, a host and a port. It stays the same when
	// the server is killed and started again.
	Addr string

	kind   kind
	folder *folder
	dir    string
	user   *owner // whom the folder belongs to
	extra  []string

	mu  sync.Mutex
	run *process // nil when it does not run
}

// A kind is what the servers of one sort have in common.
type kind struct {
	name    string                         // of the sort, and part of the folder's
	account string                         // the system's user for it
	ready   string                         // what it logs when it answers; "": nothing
	parent  string                         // where its folder is made; "": where all temporary files are
	stop    os.Signal                      // makes it end at once, in good order
	prepare func(s *Server) error          // fills the folder
	command func(s *Server) (cmd []string) // starts it
}

// start makes the folder, fills it and starts the server.
func start(k kind, opts *Options) (*Server, error) {
	s := &Server{kind: k}
	if opts != nil {
		s.extra = opts.Args
	}
	err := s.make()
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("servers: %s: %w", k.name, err)
	}
	return s, nil
}

func (s *Server) make() (err error) {
	if s.user, err = ownerOf(s.kind.account); err != nil {
		return err
	}
	if s.folder, err = makeFolder(s.kind.name, s.kind.parent); err != nil {
		return err
	}
	s.dir = s.folder.path
	if err := s.user.give(s.dir); err != nil {
		return err
	}
	if s.Addr, err = freeAddr(); err != nil {
		return err
	}
	return s.kind.prepare(s)
}

// Start starts the server again, after Kill. It returns when the server
// answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return nil
	}
	// What an earlier one held, the system may need a moment to give back.
	for end := time.Now().Add(startTimeout); ; {
		p, err := launch(s)
		if err == nil {
			s.run = p
			return nil
		}
		if time.Now().After(end) || !errors.Is(err, errEarlyEnd) {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
}

// Kill ends the server at once, as a crash would, and waits until it is gone.
func (s *Server) Kill() error { return s.end(os.Kill) }

// Stop ends the server and removes its folder. Stopping it again has no effect.
func (s *Server) Stop() error {
	err := s.end(s.kind.stop)
	if s.folder == nil {
		return err
	}
	return errors.Join(err, s.folder.remove())
}

func (s *Server) end(signal os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	err := s.run.end(signal)
	s.run = nil
	return err
}

// Pid returns the number of the server's process, 0 if it does not run.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return 0
	}
	return s.run.cmd.Process.Pid
}

// Log returns what the server has written since it was started last.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return ""
	}
	return s.run.log.String()
}

// settle makes a command run in the server's folder, as its user, and get a
// signal when we die.
func (s *Server) settle(cmd *exec.Cmd, death os.Signal) {
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+s.dir)
	s.user.apply(cmd, death)
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.Addr) // Addr is ours
	return port
}

// path is a file or folder of the server.
func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// Ports for servers are below those that systems give to connections by
// themselves: of those, one may be taken by a client before the server listens,
// or while it is down.
const (
	firstPort = 10_000
	ports     = 22_000
)

// claims are sockets for datagrams, one on each port that freeAddr has returned.
// They keep others that look for one from it, in this process and in others, until
// this one ends: no server here has a use for them.
var claims struct {
	mu   sync.Mutex
	held []net.PacketConn
}

// freeAddr returns an address on which nobody listens, nor will anybody who asks
// after us.
func freeAddr() (addr string, err error) {
	for range 1000 {
		addr = fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(ports))
		var claim net.PacketConn
		if claim, err = net.ListenPacket("udp4", addr); err != nil {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp4", addr); err != nil {
			_ = claim.Close()
			continue
		}
		claims.mu.Lock()
		claims.held = append(claims.held, claim)
		claims.mu.Unlock()
		return addr, l.Close()
	}
	return "", err
}

// find returns the first program that one of the patterns names.
func find(patterns ...string) (string, error) {
	for _, p := range patterns {
		if found, _ := filepath.Glob(p); len(found) > 0 {
			return found[len(found)-1], nil // the newest version
		}
	}
	return "", fmt.Errorf("no %s: run scripts/deps.sh", strings.Join(patterns, " and no "))
}
