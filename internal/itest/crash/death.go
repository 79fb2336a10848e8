//go:build linux

package crash

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A death is how one victim ended.
type death struct {
	slot     int
	inside   []byte // the word that its store wrote
	fault    string // where it was to kill itself
	byItself bool   // it did
}

func (d death) String() string {
	if d.byItself {
		return fmt.Sprintf("of slot %d at %s", d.slot, d.fault)
	}
	return fmt.Sprintf("of slot %d", d.slot)
}

// classOf is the first word of a step's name: the kind of work that it is part
// of.
func classOf(fault string) string {
	class, _, _ := strings.Cut(fault, ".")
	return class
}

// How long the parent waits for what must happen, and for what may.
const (
	patience = time.Minute           // for a victim to open the store and to make a call
	faultMay = 60 * time.Millisecond // for a victim to reach the step at which it is to die,
	patient  = time.Second           // and for one of a patient fleet
)

// live starts a victim and sees it dead. An error is anything else than a death
// by the parent's or its own hand.
func (f *Fleet) live(d *death) error {
	clear(d.inside[:8])
	v, err := f.start(d.slot, d.fault)
	if err != nil {
		return err
	}
	waiting := f.await(v, d)
	_ = v.process.Kill()
	state := <-v.ended
	d.byItself = d.fault != "" && v.early
	if s, ok := state.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGKILL {
		return fmt.Errorf("slot %d: the victim ended with %v: %w\n%s", d.slot, state, f.journal.Slots[d.slot].Trouble(), f.said(d.slot))
	}
	if waiting != nil {
		return fmt.Errorf("slot %d: %w", d.slot, waiting)
	}
	return nil
}

// await lets a victim live for a while: until it has died where it was told to,
// or has made a few calls, or not even so long.
func (f *Fleet) await(v *victim, d *death) error {
	if d.fault == "" && rand.IntN(12) == 0 {
		wait(upTo(6 * time.Millisecond))
		return nil
	}
	slot := &f.journal.Slots[d.slot]
	from := slot.Progress.Load()
	calls := uint64(rand.IntN(300))
	long, may := time.After(patience), time.Now().Add(faultMay)
	if f.Patient {
		may = time.Now().Add(patient)
	}
	if classOf(d.fault) == "sync" {
		may = may.Add(10 * IntervalLength) // which come by the clock
	}
	for {
		worked := slot.Attached.Load() > v.attached && slot.Progress.Load() > from+calls
		if worked && (d.fault == "" || time.Now().After(may)) {
			wait(upTo(2 * time.Millisecond))
			return nil
		}
		select {
		case state := <-v.ended:
			v.early = true
			v.ended <- state
			return nil
		case <-long:
			return errors.New("stuck: it made no progress in " + patience.String())
		case <-time.After(300 * time.Microsecond):
		}
	}
}

// A victim is a process.
type victim struct {
	process  *os.Process
	ended    chan *os.ProcessState
	attached uint64 // what the slot said of those before
	early    bool   // it ended before the parent killed it
}

// start starts a victim in a slot.
func (f *Fleet) start(slot int, fault string) (*victim, error) {
	said, err := os.OpenFile(f.saidPath(slot), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer said.Close()
	v := &victim{ended: make(chan *os.ProcessState, 1), attached: f.journal.Slots[slot].Attached.Load()}
	argv := []string{f.Victim, f.Target.Name, string(f.Level), f.Path(), filepath.Join(f.dir, "journal"), fmt.Sprint(slot), f.Profile.Name}
	v.process, err = os.StartProcess(f.Victim, argv, &os.ProcAttr{
		Env: append(os.Environ(), "COATCHECK_FAULT="+fault, "COATCHECK_INSIDE="+f.insidePath(slot)),
		// An orphan would work for ever.
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
		Files: []*os.File{nil, said, said},
	})
	if err != nil {
		return nil, err
	}
	go func() {
		state, _ := v.process.Wait()
		v.ended <- state
	}()
	return v, nil
}

func (f *Fleet) saidPath(slot int) string { return filepath.Join(f.dir, fmt.Sprint("said", slot)) }

// said is what the victims of a slot have written.
func (f *Fleet) said(slot int) string {
	b, _ := os.ReadFile(f.saidPath(slot))
	return string(b[max(0, len(b)-4000):])
}
