package hashstore

import (
	"fmt"
	"time"
)

// A Durability says what survives when the machine stops: a power failure, a
// crash of its kernel. The death of a process alone costs nothing in any mode.
// The zero value is [Interval] of one second. All processes that share a file
// should use the same.
type Durability struct {
	mode     durabilityMode
	interval time.Duration
}

type durabilityMode uint8

const (
	modeInterval durabilityMode = iota
	modeAlways
	modeNone
)

const defaultInterval = time.Second

// None keeps nothing over a stop of the machine: the next Open begins with an
// empty file, unless the last process closed it properly before. It is for
// sessions that may vanish.
func None() Durability { return Durability{mode: modeNone} }

// Interval writes what was created and changed to the disk every d, so that a
// stop of the machine costs what d and a little more brought. The end of a
// session is on the disk before Delete or Replace returns. It panics unless
// d is positive.
func Interval(d time.Duration) Durability {
	if d <= 0 {
		panic(fmt.Sprintf("hashstore: Interval of %v; it must be positive", d))
	}
	return Durability{mode: modeInterval, interval: d}
}

// Always writes every change but touches to the disk before the call returns.
// Calls that come at the same time share one write.
func Always() Durability { return Durability{mode: modeAlways} }

// String returns "none", "always" or "interval" with its duration.
func (d Durability) String() string {
	switch d.mode {
	case modeNone:
		return "none"
	case modeAlways:
		return "always"
	}
	return "interval " + d.every().String()
}

// every returns the time between two writes of Interval.
func (d Durability) every() time.Duration {
	if d.interval == 0 {
		return defaultInterval
	}
	return d.interval
}
