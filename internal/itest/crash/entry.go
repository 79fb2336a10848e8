//go:build linux

package crash

import (
	"fmt"
	"sync/atomic"
)

// A Value is what a session of a worker's own holds.
type Value struct {
	Version uint64 // 0: there is no such session
	Put     int64  // the deadline that it was last written with, in milliseconds since 1970
	Expires int64  // its deadline
}

// String says what the value is.
func (v Value) String() string {
	if v.Version == 0 {
		return "none"
	}
	return fmt.Sprintf("version %#x until %d", v.Version, v.Expires)
}

// An Entry is what was acknowledged about one session, and what was about to be
// done to it.
type Entry struct {
	state  atomic.Uint64
	values [2]Value
}

// The bits of an entry's state.
const (
	second  = 1 // values[1] is the acknowledged one, else values[0]
	pending = 2 // the other one may have taken its place
)

// Acked returns the value that was acknowledged last.
func (e *Entry) Acked() Value { return e.values[e.state.Load()&second] }

// Pending returns the value of a call under way.
func (e *Entry) Pending() (v Value, ok bool) {
	state := e.state.Load()
	return e.values[state&second^second], state&pending != 0
}

// Begin notes that v is about to be stored.
func (e *Entry) Begin(v Value) {
	state := e.state.Load() & second
	e.values[state^second] = v
	e.state.Store(state | pending)
}

// Ack notes that it has been.
func (e *Entry) Ack() { e.state.Store(e.state.Load()&second ^ second) }

// Refuse notes that it has not been, and will not be.
func (e *Entry) Refuse() { e.state.Store(e.state.Load() & second) }

// Settle notes how the call under way turned out.
func (e *Entry) Settle(v Value) {
	e.values[e.state.Load()&second] = v
	e.Refuse()
}
