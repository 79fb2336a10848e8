package hashstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A guestProcess is a process that has the same file open, and does what it is
// told.
type guestProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// newGuest starts one. attr may be nil.
func newGuest(t *testing.T, path string, o hashstore.Options, attr *syscall.SysProcAttr) *guestProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestGuestProcess$")
	cmd.Env = append(os.Environ(), childPath+"="+path, childForm+"="+formName(o))
	cmd.SysProcAttr, cmd.Stderr = attr, os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	g := &guestProcess{cmd, in, bufio.NewScanner(out)}
	g.expect(t, "ready")
	return g
}

// tell gives an order.
func (g *guestProcess) tell(t *testing.T, order string) {
	t.Helper()
	if _, err := fmt.Fprintln(g.in, order); err != nil {
		t.Fatal(err)
	}
}

// expect waits for a line.
func (g *guestProcess) expect(t *testing.T, want string) {
	t.Helper()
	if !g.out.Scan() || g.out.Text() != want {
		t.Fatalf("the other process says %q, want %q", g.out.Text(), want)
	}
}

// TestGuestProcess is that process.
func TestGuestProcess(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		return // there is nothing to do but for a parent
	}
	o := formOf(os.Getenv(childForm))
	o.SweepInterval, o.Logger, o.Durability = hashstore.NoSweep, quiet, hashstore.None()
	s, err := hashstore.Open(path, &o)
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	fmt.Println("ready")
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		switch orders.Text() {
		case "create":
			fmt.Println("created", s.Create(context.Background(), named("guest", 1)))
		case "hold":
			hashstore.Hold(t, s, func() {
				fmt.Println("held")
				orders.Scan()
			})
			fmt.Println("let go")
		case "spawn":
			// It inherits what is not closed on exec, and outlives us.
			child := exec.Command("sleep", "60")
			fmt.Println("spawned", child.Start())
			fmt.Println(child.Process.Pid)
		case "close":
			fmt.Println("closed", s.Close())
			return
		}
	}
}

// A process that is stopped while it holds the lock is not dead: nobody takes it,
// and the calls of others end with their contexts. When it goes on, so do they.
func TestStoppedHolderKeepsTheLock(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, sharing(o))
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		g := newGuest(t, path, o, nil)
		g.tell(t, "hold")
		g.expect(t, "held")
		must(t, g.cmd.Process.Signal(syscall.SIGSTOP))
		for name, call := range map[string]func(context.Context) error{
			"Create": func(ctx context.Context) error { return s.Create(ctx, record("bob", 100)) },
			"Delete": func(ctx context.Context) error { return s.Delete(ctx, rec.ID) },
			"Stat":   func(ctx context.Context) error { _, err := s.Stat(ctx); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			began := time.Now()
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s while the holder is stopped: %v, want %v", name, err, context.DeadlineExceeded)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("%s took %v of the 50ms that it had", name, took)
			}
			cancel()
		}
		if hashstore.CanMap && !o.Portable { // who reads needs no lock
			if _, err := s.Load(t.Context(), rec.ID); err != nil {
				t.Errorf("Load while the holder is stopped: %v", err)
			}
		}
		must(t, g.cmd.Process.Signal(syscall.SIGCONT))
		g.tell(t, "go on")
		g.expect(t, "let go")
		must(t, s.Create(t.Context(), record("bob", 100)))
		g.tell(t, "create")
		g.expect(t, "created <nil>")
		if _, err := s.Load(t.Context(), named("guest", 1).ID); err != nil {
			t.Error(err)
		}
		g.tell(t, "close")
		g.expect(t, "closed <nil>")
		sound(t, path)
	})
}

// Processes know of each other's death by the kernel's locks, in whatever
// namespace of process numbers each of them lives.
func TestNamespacesOfProcesses(t *testing.T) {
	asRoot(t)
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, sharing(o))
		apart := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
		first, second := newGuest(t, path, o, apart), newGuest(t, path, o, apart) // both are number 1
		first.tell(t, "create")
		first.expect(t, "created <nil>")
		second.tell(t, "create")
		second.expect(t, "created "+coatcheck.ErrExists.Error())
		first.tell(t, "hold")
		first.expect(t, "held")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := s.Create(ctx, record("bob", 100)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Create while somebody in another namespace holds the lock: %v", err)
		}
		must(t, first.cmd.Process.Kill())
		must(t, s.Create(t.Context(), record("bob", 100)))
		second.tell(t, "close")
		second.expect(t, "closed <nil>")
		sound(t, path)
	})
}

// What a process started, and outlives it, has none of its files: it keeps
// neither the lock nor the place of the dead.
func TestDescriptorsAreNotInherited(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		g := newGuest(t, path, o, nil)
		g.tell(t, "create")
		g.expect(t, "created <nil>")
		g.tell(t, "spawn")
		g.expect(t, "spawned <nil>")
		pid := 0
		if g.out.Scan() {
			fmt.Sscan(g.out.Text(), &pid)
		}
		if pid <= 0 {
			t.Fatal("no process was started")
		}
		defer syscall.Kill(pid, syscall.SIGKILL)
		g.tell(t, "hold")
		g.expect(t, "held")
		must(t, g.cmd.Process.Kill())
		g.cmd.Wait()
		if err := syscall.Kill(pid, 0); err != nil {
			t.Fatalf("what it started is dead, too: %v", err)
		}
		r, err := hashstore.Check(path)
		if err != nil || r.Live {
			t.Errorf("Check says that others have the file open: %+v, %v", r, err)
		}
		s := open(t, path, sharing(o))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		must(t, s.Create(ctx, record("bob", 100)))
		sound(t, path)
	})
}

// Many come and go at the same time, and each finds what it has left.
func TestManyComeAndGo(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		o = sharing(o)
		o.Logger = quiet
		var all sync.WaitGroup
		for i := range 32 {
			all.Go(func() {
				rec := named("visitor", i)
				for round := range 20 {
					rec.Version = uint64(round + 1)
					if err := visitOnce(path, o, rec); err != nil {
						t.Errorf("visitor %d, round %d: %v", i, round, err)
						return
					}
				}
			})
		}
		all.Wait()
		if r := sound(t, path); r.Records != 32 {
			t.Errorf("%d records, want one of each visitor", r.Records)
		}
	})
}

// visitOnce opens the file, changes the session of a visitor, and closes it.
func visitOnce(path string, o hashstore.Options, rec *coatcheck.Record) error {
	s, err := hashstore.Open(path, &o)
	if err != nil {
		return err
	}
	if rec.Version == 1 {
		err = s.Create(context.Background(), rec)
	} else {
		err = s.Replace(context.Background(), rec, rec.Version-1)
	}
	return errors.Join(err, s.Close())
}
