package ring

import (
	"fmt"
	"slices"
	"time"
)

// A view is what one process believes of the members' fences. It does not
// change.
type view struct {
	fences fences
	read   time.Time            // when it was true
	seen   map[string]time.Time // when a fence was first seen in its present state
	wait   time.Duration        // from then on until a share may be taken over
}

// A fence is the ring's note about one member.
type fence struct {
	epoch uint64 // counts how often the member has been given up
	state fenceState
}

// A fenceState says where a member is between two failures.
type fenceState uint8

const (
	stateOut       fenceState = iota // given up; others have its share
	stateReturning                   // it has its share again; sessions move back to it
	stateIn                          // all is well
)

// fences are the notes about those members that were ever given up.
type fences map[string]fence

// merge takes over what o knows better, and reports whether that was anything.
func (f fences) merge(o fences) (learned bool) {
	for name, theirs := range o {
		if mine, ok := f[name]; !ok || mine.before(theirs) {
			f[name] = theirs
			learned = true
		}
	}
	return learned
}

// before reports whether f was true before o.
func (f fence) before(o fence) bool {
	return f.epoch < o.epoch || f.epoch == o.epoch && f.state < o.state
}

// The time that a view may be used without being read again, and how long a
// member's share waits until no process can use an older view any more: its
// last call must have ended, too.
const viewLife = time.Second

func (v *view) epoch(name string) uint64 { return v.fences[name].epoch }

func (v *view) isOut(name string) bool {
	f, ok := v.fences[name]
	return ok && f.state == stateOut
}

// out returns which members have no share; nil if all have one.
func (v *view) out() func(*member) bool {
	if len(v.fences) == 0 {
		return nil
	}
	return func(m *member) bool { return v.isOut(m.name) && v.waits(m) == nil }
}

// outOr is out with some more.
func (v *view) outOr(passed []*member) func(*member) bool {
	return func(m *member) bool { return slices.Contains(passed, m) || v.isOut(m.name) && v.waits(m) == nil }
}

func (v *view) isReturning(name string) bool {
	f, ok := v.fences[name]
	return ok && f.state == stateReturning
}

// justReturned reports whether some process may not know yet of a member that
// came back.
func (v *view) justReturned() bool {
	for name, f := range v.fences {
		if f.state == stateReturning && time.Since(v.seen[name]) <= v.wait {
			return true
		}
	}
	return false
}

// waits returns an error while the share of a member that was given up cannot
// be taken over yet.
func (v *view) waits(m *member) error {
	if !v.isOut(m.name) || time.Since(v.seen[m.name]) > v.wait {
		return nil
	}
	_, err := m.breaker.down()
	if err == nil {
		err = fmt.Errorf("another process has given it up")
	}
	return fmt.Errorf("ring: member %q is down, and nobody has its share yet: %w", m.name, err)
}
