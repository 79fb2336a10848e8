//go:build linux

package itest_test

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/coatcheck/coatcheck/internal/itest/crash/simple"
)

// The environment of a process that is one of a crew: its store and where that
// is.
const (
	crewTarget = "COATCHECK_CREW_TARGET"
	crewDir    = "COATCHECK_CREW_DIR"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(crewTarget); name != "" {
		if err := hand(name, os.Getenv(crewDir), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, name, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A watch is memory that all processes of a crew share: a clock for their
// histories, and the number of those that are ready for the next one.
type watch struct{ clock, ready atomic.Int64 }

// sharedWatch maps the watch of a directory.
func sharedWatch(dir string) (*watch, error) {
	f, err := os.OpenFile(filepath.Join(dir, "watch"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(4096); err != nil {
		return nil, err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*watch)(unsafe.Pointer(&b[0])), nil
}

// A task is a part of a history for one process.
type task struct {
	Name                  string
	Start                 time.Time
	Crowd                 int
	First                 int // the number of its first client
	Ready                 int64
	Request, Answer, Late int // the weather
}

// A result is what the clients of a task saw.
type result struct {
	Ops      []sentOp
	Troubles []string
}

// A crew is some processes that have one store open.
type crew struct {
	watch  *watch
	hands  []*crewHand
	tasks  int64
	report func(format string, args ...any)
}

// A crewHand is the parent's end of a process.
type crewHand struct {
	to      *gob.Encoder
	from    *gob.Decoder
	process *os.Process
}

// clientsOfHand is how many clients run in each process.
const clientsOfHand = storeClients / processes

// startCrew starts the processes on the store in dir. They end with the test.
func startCrew(t *testing.T, target, dir string) *crew {
	w, err := sharedWatch(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &crew{watch: w, report: t.Errorf}
	for range processes {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crewTarget+"="+target, crewDir+"="+dir)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("a process of the crew: %v", err)
			}
		})
		c.hands = append(c.hands, &crewHand{gob.NewEncoder(in), gob.NewDecoder(out), cmd.Process})
	}
	return c
}

// history is storeHistory with clients in all processes.
func (c *crew) history(b *bench, weather odds, crowd int, name string) *history {
	h := newHistory(storeClients)
	h.clock = &c.watch.clock
	w := &storeWorld{store: b.Store, name: name, start: time.Now().UTC().Truncate(time.Millisecond), size: crowd, report: c.report}
	c.tasks++
	for n, hand := range c.hands {
		err := hand.to.Encode(task{name, w.start, crowd, n * clientsOfHand, c.tasks * processes, weather.request, weather.answer, weather.late})
		if err != nil {
			c.dismiss(err)
		}
	}
	for _, hand := range c.hands {
		var r result
		if err := hand.from.Decode(&r); err != nil {
			c.dismiss(err)
		}
		for _, s := range r.Troubles {
			c.report("a process of the crew: %s", s)
		}
		for _, o := range r.Ops {
			o.note(h)
		}
	}
	h.settle()
	b.again()
	w.store = b.Store
	last := newStoreClient(h.clients[0], w)
	for session := range w.size {
		last.one(&storeOp{session: session, call: callLoad})
		if err := b.Delete(context.Background(), w.id(session)); err != nil {
			c.report("cleaning up: %v", err)
		}
	}
	return h
}

// dismiss ends all processes when one of them has failed: the others would wait
// for it for ever.
func (c *crew) dismiss(err error) {
	c.report("a process of the crew: %v", err)
	for _, hand := range c.hands {
		_ = hand.process.Kill()
	}
}

// hand is the work of a process of a crew, until in is closed.
func hand(name, dir string, in io.Reader, out io.Writer) error {
	target, err := sharedTarget(name)
	if err != nil {
		return err
	}
	w, err := sharedWatch(dir)
	if err != nil {
		return err
	}
	b := target.setUp(dir, time.Now, func(format string, args ...any) { err = fmt.Errorf(format, args...) })
	if err != nil {
		return err
	}
	to, from := gob.NewEncoder(out), gob.NewDecoder(in)
	for {
		var k task
		switch err := from.Decode(&k); err {
		case nil:
		case io.EOF:
			b.tearDown()
			return nil
		default:
			return err
		}
		if err := to.Encode(k.do(b, w)); err != nil {
			return err
		}
	}
}

// sharedTarget finds a target by its name, one with a flaw too.
func sharedTarget(name string) (target, error) {
	for _, t := range append(sharedTargets, simpleTarget(simple.NoLock)) {
		if t.name == name {
			return t, nil
		}
	}
	return target{}, fmt.Errorf("no target is called %q", name)
}
