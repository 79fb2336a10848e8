//go:build linux

package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Cutter lets workers use a store on a disk, cuts its power while they work,
// and checks what is left. Workers and journal are on the safe side.
type Cutter struct {
	Target  Target
	Level   Level
	Profile Profile
	Workers int
	Disk    *Disk
	Machine *Machine

	// The workers make some calls before a cut, at most so many, unless that
	// takes them longer than Length.
	Calls  int
	Length time.Duration

	// Keep copies a file that a cut has hurt to the directory for temporary ones.
	Keep bool

	Cuts, Checked, Made, Torn int // what was done: Torn counts cuts before which single pages were written back

	journal *Journal
	memory  memory
	shared  bool // the shared sessions have been acknowledged
	ended   atomic.Bool
	left    int // cuts until the next file
}

// cutsOfFile is how many cuts a file must live through before a new one is
// begun.
const cutsOfFile = 60

// Cut lets the store work, cuts the power, and starts the machine again. What
// was left by the cut before is checked first.
func (c *Cutter) Cut() error {
	if c.left--; c.left < 0 {
		c.begin()
	}
	if err := c.Disk.Mount(); err != nil {
		return err
	}
	err := errors.Join(c.life(), c.Disk.Unmount(), c.Machine.Boot())
	c.Cuts++
	return err
}

// begin begins with a new file and a new journal.
func (c *Cutter) begin() {
	c.left = cutsOfFile
	c.Disk.files++
	c.journal, c.shared = NewJournal(), false
	c.memory = newMemory(c.Level, c.Workers, c.Profile.Keys)
}

func (c *Cutter) path() string {
	return filepath.Join(c.Disk.Dir, fmt.Sprint("sessions", c.Disk.files))
}

// life is from the mount to the cut.
func (c *Cutter) life() error {
	if c.left == cutsOfFile {
		_ = os.RemoveAll(filepath.Join(c.Disk.Dir, fmt.Sprint("sessions", c.Disk.files-1)))
	}
	c.ended.Store(false)
	opened := make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- c.work(sync.OnceFunc(func() { close(opened) })) }()
	select { // now and then the power fails while the store is being opened
	case <-opened:
	case <-time.After(c.openTime()):
	}
	c.await()
	if rand.IntN(2) == 0 {
		c.writeBack()
	}
	c.ended.Store(true)
	cut, at := c.Disk.Cut(), time.Now()
	err := <-done
	c.memory.cut(at)
	return errors.Join(cut, err)
}

// await lets the workers make their calls.
func (c *Cutter) await() {
	progress := func() (n uint64) {
		for slot := range c.Workers {
			n += c.journal.Slots[slot].Progress.Load()
		}
		return n
	}
	enough := progress() + uint64(rand.IntN(c.Calls+1))
	for long := time.Now().Add(c.Length); progress() < enough && time.Now().Before(long); {
		wait(200 * time.Microsecond)
	}
}

// openTime is how long the store may take to open.
func (c *Cutter) openTime() time.Duration {
	if rand.IntN(8) == 0 {
		return upTo(5 * time.Millisecond)
	}
	return patience
}

// work opens the store, checks what is in it and works on it until it ends.
func (c *Cutter) work(opened func()) error {
	defer opened()
	store, err := c.Target.Open(c.path(), c.Level)
	if err != nil {
		if c.ended.Load() {
			return nil
		}
		return fmt.Errorf("open after a cut: %w; %s", err, c.keep())
	}
	if err = c.check(store); errors.Is(err, errLost) {
		err = fmt.Errorf("%w; %s", err, c.keep())
	}
	opened()
	if err == nil {
		err = c.workers(store)
	} else if c.ended.Load() && !errors.Is(err, errLost) {
		err = nil
	}
	if f, ok := store.(io.Closer); ok {
		_ = f.Close() // it cannot write any more
	}
	return err
}

// keep copies the file to where somebody can look at it, and says where.
func (c *Cutter) keep() string {
	if !c.Keep {
		return "the file is not kept"
	}
	b, err := os.ReadFile(c.path())
	if err != nil {
		return err.Error()
	}
	f, err := os.CreateTemp("", "coatcheck-cut-")
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return err.Error()
	}
	return "the file is kept as " + f.Name()
}

// workers work until the end.
func (c *Cutter) workers(store coatcheck.Store) error {
	errs := make([]error, c.Workers)
	var calls atomic.Int64
	var wg sync.WaitGroup
	for n := range c.Workers {
		w := Worker{Store: store, Journal: c.journal, Number: n, Profile: c.Profile, Ended: c.ended.Load}
		w.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
		w.Acked = func(key int, v Value) { c.memory.acked(n, key, v, time.Now()) }
		wg.Go(func() {
			from := w.slot().Progress.Load()
			errs[n] = w.Run(context.Background())
			calls.Add(int64(w.slot().Progress.Load() - from))
		})
	}
	wg.Wait()
	c.Made += int(calls.Load())
	return errors.Join(errs...)
}

// writeBack writes some pages of the file to the disk, as the kernel may at any
// time and in any order.
func (c *Cutter) writeBack() {
	f, err := os.Open(c.path())
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 || !info.Mode().IsRegular() {
		return
	}
	const page, waitWriteWait = 4096, 7
	pages := info.Size()/page + 1
	for range 1 + rand.IntN(8) {
		_ = syscall.SyncFileRange(int(f.Fd()), rand.Int64N(pages)*page, page, waitWriteWait)
	}
	c.Torn++
}
