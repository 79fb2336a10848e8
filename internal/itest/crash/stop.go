//go:build linux

package crash

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Stop lets a process work in a slot until it stops at the step of its work that
// fault names. It returns nil if the process did not come there in good time.
func (f *Fleet) Stop(slot int, fault string) (*Stopped, error) {
	v, err := f.start(slot, fault+":stop")
	if err != nil {
		return nil, err
	}
	for may := time.Now().Add(2 * faultMay); ; wait(300 * time.Microsecond) {
		if stopped(v.process.Pid) {
			return &Stopped{f, slot, v}, nil
		}
		select {
		case state := <-v.ended:
			return nil, fmt.Errorf("slot %d: the victim ended with %v\n%s", slot, state, f.said(slot))
		default:
		}
		if time.Now().After(may) && f.journal.Slots[slot].Attached.Load() > v.attached {
			_ = v.process.Kill()
			<-v.ended
			return nil, nil
		}
	}
}

// stopped reports whether a process stands still.
func stopped(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	i := bytes.LastIndexByte(stat, ')')
	return err == nil && i >= 0 && bytes.HasPrefix(stat[i:], []byte(") T"))
}

// Stopped is a process that stands still in the midst of its work, but lives.
type Stopped struct {
	fleet  *Fleet
	slot   int
	victim *victim
}

// Resume lets the process go on, sees that it does, and kills it.
func (s *Stopped) Resume() error {
	slot := &s.fleet.journal.Slots[s.slot]
	from, attached := slot.Progress.Load(), slot.Attached.Load()
	err := s.victim.process.Signal(syscall.SIGCONT)
	for long := time.Now().Add(patience); err == nil && slot.Progress.Load() <= from && slot.Attached.Load() <= attached; {
		wait(300 * time.Microsecond)
		if time.Now().After(long) || slot.Trouble() != nil {
			err = errors.New("it does not go on after it was stopped")
		}
	}
	_ = s.victim.process.Kill()
	<-s.victim.ended
	return errors.Join(err, slot.Trouble())
}
