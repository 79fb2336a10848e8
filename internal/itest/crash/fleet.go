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

	dir     string
	journal *Journal
	store   coatcheck.Store
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
	return CreateShared(context.Background(), f.store, f.journal)
}

// Close gives everything back. The files are the caller's.
func (f *Fleet) Close() error { return errors.Join(f.closeStore(), f.journal.Close()) }

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
	return f.checkAll(t)
}

// lives lets one process after the other work in a slot, and die.
func (f *Fleet) lives(slot int, left <-chan struct{}, t *Tally) error {
	inside, err := f.mapInside(slot)
	if err != nil {
		return err
	}
	for range left {
		d := death{slot: slot, inside: inside}
		if f.Fault != nil {
			d.fault = f.Fault()
		}
		if err := f.live(&d); err != nil {
			return err
		}
		if err := f.CheckSlot(slot, t); err != nil {
			return fmt.Errorf("after a death %v: %w", d, err)
		}
		t.addDeath(f.class(d), d.byItself)
	}
	return nil
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

// CheckSlot holds the store to what the dead worker of a slot had been told. The
// time that it takes is bounded, whatever locks the dead have left.
func (f *Fleet) CheckSlot(slot int, t *Tally) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	n, err := CheckSlot(ctx, f.store, f.journal, slot, f.Profile.Keys)
	t.addChecks(n)
	return errors.Join(f.journal.Slots[slot].Trouble(), err)
}

// checkAll checks everything when nobody works.
func (f *Fleet) checkAll(t *Tally) error {
	if err := f.checkStore(t); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	if err := f.closeStore(); err != nil {
		return err
	}
	var err error
	if f.store, err = f.Target.Open(f.Path(), f.Level); err != nil {
		return fmt.Errorf("opened anew: %w", err)
	}
	if err := f.checkStore(t); err != nil {
		return fmt.Errorf("opened anew: %w", err)
	}
	for slot := range f.Procs {
		t.addCalls(&f.journal.Slots[slot])
	}
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

// class says what a victim was doing when it died.
func (f *Fleet) class(d death) string {
	if len(f.Target.Classes) == 0 {
		return Kind(f.journal.Slots[d.slot].Inside.Load()).String()
	}
	n := binary.LittleEndian.Uint64(d.inside)
	switch {
	case n > 0 && n <= uint64(len(f.Target.Classes)):
		return f.Target.Classes[n-1]
	case d.byItself:
		return classOf(d.fault)
	}
	return Nothing.String()
}

// wait blocks for some time.
func wait(d time.Duration) { <-time.After(d) }

// upTo draws a time.
func upTo(d time.Duration) time.Duration { return rand.N(d) }
