//go:build linux && !race

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/crash"
)

// stepsOf returns the steps at which victims can be told to die, and fails if a
// store that ought to have some has none.
func stepsOf(t *testing.T, target crash.Target) []string {
	t.Helper()
	out, err := exec.Command(victim(t), "points", target.Name).Output()
	if err != nil {
		t.Fatal(err)
	}
	steps := strings.Fields(string(out))
	if len(target.Classes) > 0 && len(steps) == 0 {
		t.Fatalf("%s has no steps to die at", target.Name)
	}
	return steps
}

// classOf is the kind of work that a step is part of.
func classOf(step string) string {
	class, _, _ := strings.Cut(step, ".")
	return class
}

// targetsWithSteps are those that can be told where to die.
func targetsWithSteps() []crash.Target {
	return slices.DeleteFunc(crash.Targets(), func(t crash.Target) bool { return len(t.Classes) == 0 })
}

// TestKillAtEveryStep: a process may die at each step of each kind of work, the
// first time that it comes there or later, and nothing that was acknowledged is
// lost.
func TestKillAtEveryStep(t *testing.T) {
	hits := map[string]int{}
	var tally crash.Tally
	for _, target := range targetsWithSteps() {
		t.Run(target.Name, func(t *testing.T) {
			for _, step := range stepsOf(t, target) {
				hits[step] += killAt(t, target, step, false, &tally)
			}
		})
	}
	if t.Failed() {
		return
	}
	for step, n := range hits {
		if n == 0 && !killLater(t, step, &tally) {
			t.Errorf("no process has ever come to %s", step)
		}
	}
	t.Log(tally.String())
}

// killLater kills processes at a step to which none came in the usual time, as
// happens on a machine that does much else, and reports whether one did.
func killLater(t *testing.T, step string, tally *crash.Tally) bool {
	t.Helper()
	for range 3 {
		for _, target := range targetsWithSteps() {
			if killAt(t, target, step, true, tally) > 0 {
				return true
			}
		}
	}
	return false
}

// killAt kills processes at a step and returns how many were killed there.
func killAt(t *testing.T, target crash.Target, step string, patient bool, tally *crash.Tally) (hits int) {
	t.Helper()
	times := []int{1, 2, 3, 5, 9, 17}[:scale(1, 2)]
	for _, level := range []crash.Level{crash.Always, crash.Interval, crash.None} {
		for _, n := range times {
			f := newFleet(t, target, level, profileFor(step), 2)
			f.Patient = patient
			fault := fmt.Sprintf("%s:%d", step, n)
			before := tally.ByItself()
			if err := dieAt(f, step, fault, tally); err != nil {
				t.Fatalf("%s, level %s: %v", fault, level, err)
			}
			if err := closeFleet(f, tally); err != nil {
				t.Fatalf("%s, level %s: close: %v", fault, level, err)
			}
			hits += tally.ByItself() - before
		}
		if hits > 0 && !torture() {
			break
		}
	}
	return hits
}

// profileFor returns the way of working that comes to a step.
func profileFor(step string) string {
	switch class := classOf(step); {
	case class == "grow" || class == "compact":
		return class
	case class == "attach":
		return "restless"
	case step == "delete.append" || step == "delete.tail":
		return "compact" // which sweeps often
	}
	return "mixed"
}

// dieAt lets processes die at a step, in the circumstances that bring them there,
// and checks everything.
func dieAt(f *crash.Fleet, step, fault string, tally *crash.Tally) error {
	switch classOf(step) {
	case "recover":
		return dieInRecovery(f, fault, tally)
	case "repair":
		return dieInRepair(f, fault, tally)
	}
	f.Fault = func() string { return fault }
	if err := f.Run(scale(2, 4), tally); err != nil || f.Level == crash.None {
		return err
	}
	// What the dead had not finished must not turn up when the file is looked
	// into anew.
	if err := f.Displace(); err != nil {
		return err
	}
	if err := f.CheckAll(tally); err != nil {
		return fmt.Errorf("in another place: %w", err)
	}
	return nil
}

// dieInRecovery lets processes die while they look into a file that has moved to
// another place, and then lets others work on it.
func dieInRecovery(f *crash.Fleet, fault string, tally *crash.Tally) error {
	if err := f.Run(2, tally); err != nil {
		return err
	}
	if err := f.Displace(); err != nil {
		return err
	}
	work := f.Profile
	f.Profile, _ = crash.ProfileOf("visit")
	for slot := range f.Procs {
		if _, err := f.Die(slot, fault, tally); err != nil {
			return err
		}
	}
	f.Profile = work
	if err := f.CheckAll(tally); err != nil {
		return err
	}
	return f.Run(2, tally)
}

// underLock are steps at which a process has something in its hands that the
// next one has to put right.
var underLock = []string{"put.insert", "put.publish", "put.link", "put.count", "delete.clear", "delete.tag", "delete.unlink", "delete.count"}

// dieInRepair lets one process die in the midst of a change, and the next one
// while it puts that right.
func dieInRepair(f *crash.Fleet, fault string, tally *crash.Tally) error {
	for range 20 {
		if err := f.Leave(); err != nil {
			return err
		}
		first := fmt.Sprintf("%s:%d", underLock[rand.IntN(len(underLock))], 1+rand.IntN(20))
		if _, err := f.Die(0, first, tally); err != nil {
			return err
		}
		died, err := f.Die(1, fault, tally)
		if err != nil {
			return err
		}
		if err := f.CheckAll(tally); err != nil {
			return fmt.Errorf("after %s: %w", first, err)
		}
		if died {
			break
		}
	}
	return nil
}

// TestStopAtEveryStep: a process that stands still in the midst of its work is
// not dead. Nobody takes over what it has in its hands; others do what they can
// without that, or give up when their time is over. It then goes on.
func TestStopAtEveryStep(t *testing.T) {
	for _, target := range targetsWithSteps() {
		t.Run(target.Name, func(t *testing.T) {
			count := 0
			for _, step := range stepsOf(t, target) {
				if class := classOf(step); class != "recover" && class != "repair" {
					count += stopAt(t, target, step)
				}
			}
			t.Logf("stopped at %d steps", count)
		})
	}
}

// stopAt stops a process at a step and returns 1, or 0 if it did not come there.
func stopAt(t *testing.T, target crash.Target, step string) int {
	t.Helper()
	f := newFleet(t, target, crash.Always, profileFor(step), 1)
	stopped, err := f.Stop(0, step+":2")
	if err == nil && stopped != nil {
		err = errors.Join(probe(f.Store()), stopped.Resume())
		// What timed out may yet have happened.
		for n := range 3 {
			err = errors.Join(err, f.Store().Delete(t.Context(), crash.IDOf(crash.MaxSlots, n)))
		}
	}
	var tally crash.Tally
	err = errors.Join(err, f.CheckAll(&tally), closeFleet(f, &tally))
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	if stopped == nil {
		return 0
	}
	return 1
}

// probe makes calls that have little time.
func probe(store coatcheck.Store) error {
	const short, bound = 50 * time.Millisecond, 10 * time.Second
	now := time.Now().UTC().Truncate(time.Millisecond)
	var errs []error
	for n := range 3 {
		id := crash.IDOf(crash.MaxSlots, n)
		rec := &coatcheck.Record{ID: id, Created: now, Deadline: now.Add(time.Hour), Expires: now.Add(time.Hour), Version: 1}
		for name, call := range map[string]func(context.Context) error{
			"load":   func(ctx context.Context) error { _, err := store.Load(ctx, crash.SharedID(0)); return err },
			"create": func(ctx context.Context) error { return store.Create(ctx, rec) },
			"delete": func(ctx context.Context) error { return store.Delete(ctx, id) },
			"touch":  func(ctx context.Context) error { return store.Touch(ctx, crash.SharedID(0), now) },
		} {
			ctx, cancel := context.WithTimeout(context.Background(), short)
			began := time.Now()
			err := call(ctx)
			cancel()
			if took := time.Since(began); took > bound {
				errs = append(errs, fmt.Errorf("%s took %v of the %v that it had", name, took, short))
			}
			if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, coatcheck.ErrExists) {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}
