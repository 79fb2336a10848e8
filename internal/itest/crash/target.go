//go:build linux

package crash

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/internal/itest/crash/simple"
)

// A Level is how much of what a store has acknowledged may be lost with the
// power. A killed process may never lose anything.
type Level string

// The levels.
const (
	None     Level = "none"     // all but what it was when the store was last closed
	Interval Level = "interval" // what came in the last [IntervalLength]
	Always   Level = "always"   // nothing
)

// IntervalLength is how often a store syncs at level Interval.
const IntervalLength = 50 * time.Millisecond

// A Target is a store that can be put to the test.
type Target struct {
	// Name is how a victim is told which store to open.
	Name string

	// Open opens the store in the file at path, which may be shared with other
	// processes.
	Open func(path string, level Level) (coatcheck.Store, error)

	// Check looks for damage in the file; nil means that the store has no way
	// to look.
	Check func(path string) error

	// Classes are the kinds of work that the store tells apart in the file that
	// the environment names in COATCHECK_INSIDE, by its first word: 1 is the
	// first of them. None means that the store says nothing, and the worker
	// says which call it has made.
	Classes []string

	// Points are the steps at which the store can be told, by COATCHECK_FAULT,
	// to kill the process. Only a program with the tag faultpoint knows them.
	Points []string
}

// Targets are the stores of this house that survive the end of a process.
func Targets() []Target {
	return []Target{simpleTarget(""), hashTarget("hashstore", false), hashTarget("hashstore, portable", true)}
}

// Broken are stores of which each loses something.
func Broken() []Target {
	return []Target{
		simpleTarget(simple.Buffered), simpleTarget(simple.Revives),
		simpleTarget(simple.NoLock), simpleTarget(simple.NoSync),
	}
}

// TargetOf returns the target with that name, broken ones included.
func TargetOf(name string) (Target, error) {
	for _, t := range append(Targets(), Broken()...) {
		if t.Name == name {
			return t, nil
		}
	}
	return Target{}, fmt.Errorf("crash: no target is called %q", name)
}

// hashTarget is a file that is small and is swept without a rest, so that much
// happens to it.
func hashTarget(name string, portable bool) Target {
	durability := map[Level]hashstore.Durability{
		None: hashstore.None(), Interval: hashstore.Interval(IntervalLength), Always: hashstore.Always(),
	}
	return Target{
		Name: name,
		Open: func(path string, level Level) (coatcheck.Store, error) {
			return hashstore.Open(path, &hashstore.Options{
				MaxBytes: 64 << 20, Durability: durability[level], Portable: portable,
				SweepInterval: 3 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
			})
		},
		Check: func(path string) error {
			report, err := hashstore.Check(path)
			if err == nil && len(report.Faults) > 0 {
				err = fmt.Errorf("check: %s", strings.Join(report.Faults, "; "))
			}
			return err
		},
		Classes: []string{"put", "delete", "touch", "grow", "compact", "repair", "attach", "recover", "sync"},
		Points:  hashPoints(),
	}
}

func simpleTarget(flaw simple.Flaw) Target {
	name := "simple"
	if flaw != "" {
		name += ", " + string(flaw)
	}
	return Target{Name: name, Open: func(path string, level Level) (coatcheck.Store, error) {
		return simple.Open(path, simple.Options{Flaw: flaw, Sync: level == Always})
	}}
}
