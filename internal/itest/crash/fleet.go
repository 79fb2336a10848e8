//go:build linux

package crash

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Fleet is a store in a file, workers in processes of their own that use it
// all at once, and a parent that kills them.
type Fleet struct {
	Target  Target
	Level   Level
	Profile Profile
	Victim  string // the program of package victim
	Procs   int    // processes, at most MaxSlots

	// Fault returns the step of the store's work at which the next victim
	// kills itself, as COATCHECK_FAULT takes it, or "" to let the parent choose
	// the moment. It may be nil.
	Fault func() string

	// Patient gives victims more time to come to the step that Fault names.
	Patient bool

	dir     string
	journal *Journal
	store   coatcheck.Store
	early   bool             // touches may be forgotten
	inside  [MaxSlots][]byte // the words by which the store tells what each victim is doing
}

// Path is the store's file.
func (f *Fleet) Path() string { return filepath.Join(f.dir, "sessions") }

// Journal is what the workers say.
func (f *Fleet) Journal() *Journal { return f.journal }

// Store is the parent's own view of the store.
func (f *Fleet) Store() coatcheck.Store { return f.store }

// Open sets up an empty store and its journal in a directory.
func (f *Fleet) Open(dir string) (err error) {
	f.dir = dir
	if f.store, err = f.Target.Open(f.Path(), f.Level); err != nil {
		return err
	}
	if f.journal, err = CreateJournal(filepath.Join(dir, "journal")); err != nil {
		return errors.Join(err, f.closeStore())
	}
	for slot := range f.Procs {
		if f.inside[slot], err = f.mapInside(slot); err != nil {
			return err
		}
	}
	return CreateShared(context.Background(), f.store, f.journal)
}

// Close gives everything back, and counts the calls that were made. The files
// are the caller's.
func (f *Fleet) Close(t *Tally) error {
	for slot := range f.Procs {
		t.addCalls(&f.journal.Slots[slot])
		_ = syscall.Munmap(f.inside[slot])
	}
	return errors.Join(f.closeStore(), f.journal.Close())
}

func (f *Fleet) closeStore() error {
	if c, ok := f.store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Run kills processes, a number of them in all, while the others go on, and
// checks after each what its worker had been told. At the end everything is
// checked once more, through the store that was open all along, through one
// that is opened anew, and by the store's own look for damage.
func (f *Fleet) Run(kills int, t *Tally) error {
	left := make(chan struct{}, kills)
	for range kills {
		left <- struct{}{}
	}
	close(left)
	errs := make([]error, f.Procs)
	var wg sync.WaitGroup
	for slot := range f.Procs {
		wg.Go(func() {
			if errs[slot] = f.lives(slot, left, t); errs[slot] != nil {
				for range left { // the others need not go on
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return f.CheckAll(t)
}

// lives lets one process after the other work in a slot, and die.
func (f *Fleet) lives(slot int, left <-chan struct{}, t *Tally) error {
	for range left {
		fault := ""
		if f.Fault != nil {
			fault = f.Fault()
		}
		if _, err := f.Die(slot, fault, t); err != nil {
			return err
		}
		if err := f.CheckSlot(slot, t); err != nil {
			return fmt.Errorf("after a death of slot %d, which was told to die at %q: %w", slot, fault, err)
		}
	}
	return nil
}

// Die lets one process work in a slot and kills it, unless it dies by itself at
// the step of its work that fault names. Nothing is checked.
func (f *Fleet) Die(slot int, fault string, t *Tally) (byItself bool, err error) {
	d := death{slot: slot, inside: f.inside[slot], fault: fault}
	if err := f.live(&d); err != nil {
		return false, err
	}
	t.addDeath(f.class(d), d.byItself)
	return d.byItself, nil
}

// Displace copies the file to where it was, as another machine would find it
// that was handed the disk: the store must look into it anew. Nobody works
// meanwhile. Before the next one does, check all.
func (f *Fleet) Displace() error {
	if err := f.Leave(); err != nil {
		return err
	}
	b, err := os.ReadFile(f.Path())
	if err == nil {
		err = os.WriteFile(f.Path()+".copy", b, 0o600)
	}
	if err == nil {
		err = os.Rename(f.Path()+".copy", f.Path())
	}
	f.early = true
	return err
}

// Leave closes the parent's own store, so that only victims work on the file,
// until CheckAll opens it again.
func (f *Fleet) Leave() error {
	err := f.closeStore()
	f.store = nil
	return err
}

// mapInside maps the word by which a store tells what a victim is doing.
func (f *Fleet) mapInside(slot int) ([]byte, error) {
	file, err := os.OpenFile(f.insidePath(slot), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := file.Truncate(4096); err != nil {
		return nil, err
	}
	return MapFile(file, 4096)
}

func (f *Fleet) insidePath(slot int) string { return filepath.Join(f.dir, fmt.Sprint("inside", slot)) }

// CheckSlot holds the store to what the dead worker of a slot had been told, and
// sees that others can go on to change it. The time that it takes is bounded,
// whatever locks the dead have left.
func (f *Fleet) CheckSlot(slot int, t *Tally) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	n, err := CheckSlot(ctx, f.store, f.journal, slot, f.Profile.Keys, f.early)
	t.addChecks(n)
	if err == nil {
		err = f.change(ctx, IDOf(MaxSlots+1, slot))
	}
	return errors.Join(f.journal.Slots[slot].Trouble(), err)
}

// change makes a session and deletes it.
func (f *Fleet) change(ctx context.Context, id coatcheck.ID) error {
	end := time.UnixMilli(f.journal.at(lastHour)).UTC()
	rec := &coatcheck.Record{ID: id, Created: time.UnixMilli(f.journal.Base).UTC(), Deadline: end, Expires: end, Version: 1}
	if err := f.store.Create(ctx, rec); err != nil {
		return fmt.Errorf("nobody can go on: %w", err)
	}
	if err := f.store.Delete(ctx, id); err != nil {
		return fmt.Errorf("nobody can go on: %w", err)
	}
	return nil
}

// CheckAll checks everything when nobody works.
func (f *Fleet) CheckAll(t *Tally) (err error) {
	if f.store != nil {
		if err := f.checkStore(t); err != nil {
			return fmt.Errorf("at the end: %w", err)
		}
		if err := f.closeStore(); err != nil {
			return err
		}
	}
	if f.store, err = f.Target.Open(f.Path(), f.Level); err != nil {
		return fmt.Errorf("opened anew: %w", err)
	}
	if err := f.checkStore(t); err != nil {
		return fmt.Errorf("opened anew: %w", err)
	}
	f.early = false
	if f.Target.Check == nil {
		return nil
	}
	return f.Target.Check(f.Path())
}

func (f *Fleet) checkStore(t *Tally) error {
	for slot := range f.Procs {
		if err := f.CheckSlot(slot, t); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return CheckLists(ctx, f.store, f.journal, f.Procs, f.Profile.Keys)
}

// class says what a victim was doing when it died: by the step at which it
// died, by the word of its store, or by the call that it had made.
func (f *Fleet) class(d death) string {
	n := binary.LittleEndian.Uint64(d.inside)
	switch {
	case d.byItself:
		return classOf(d.fault)
	case n > 0 && n <= uint64(len(f.Target.Classes)):
		return f.Target.Classes[n-1]
	}
	return Kind(f.journal.Slots[d.slot].Inside.Load()).String()
}

// wait blocks for some time.
func wait(d time.Duration) { <-time.After(d) }

// upTo draws a time.
func upTo(d time.Duration) time.Duration { return rand.N(d) }
