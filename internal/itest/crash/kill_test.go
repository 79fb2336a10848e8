//go:build linux && !race

package crash_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/crash"
)

// A round is a store that a number of processes die on.
type round struct {
	profile string
	level   crash.Level
	procs   int
	kills   int
}

// run kills processes on a store of the target. fault may be nil.
func (r round) run(t *testing.T, target crash.Target, fault func() string, tally *crash.Tally) error {
	f := newFleet(t, target, r.level, r.profile, r.procs)
	f.Fault = fault
	return errors.Join(f.Run(r.kills, tally), closeFleet(f, tally))
}

// newFleet sets up a store and processes to work on it.
func newFleet(t *testing.T, target crash.Target, level crash.Level, profile string, procs int) *crash.Fleet {
	t.Helper()
	p, err := crash.ProfileOf(profile)
	if err != nil {
		t.Fatal(err)
	}
	f := &crash.Fleet{Target: target, Level: level, Profile: p, Victim: victim(t), Procs: procs}
	dir, err := os.MkdirTemp(bin, "fleet-")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Open(dir); err != nil {
		t.Fatal(err)
	}
	return f
}

// closeFleet closes a fleet and removes its files. They are kept when there is more to
// say about them.
func closeFleet(f *crash.Fleet, tally *crash.Tally) error {
	err := f.Close(tally)
	if err == nil {
		err = os.RemoveAll(filepath.Dir(f.Path()))
	}
	return err
}

// TestKill: whatever a process had acknowledged when it was killed is there
// afterwards, and the others go on.
func TestKill(t *testing.T) {
	var sum crash.Tally
	for _, target := range crash.Targets() {
		t.Run(target.Name, func(t *testing.T) {
			var tally crash.Tally
			steps := stepsOf(t, target)
			goal, classes := goalOf(target), classesOf(target)
			for n := 0; tally.Kills() < goal || behind(&tally, classes, goal) != "" && tally.Kills() < 2*goal; n++ {
				r := roundOf(n, len(steps) > 0)
				class := behind(&tally, classes, goal)
				switch class {
				case "grow":
					r = round{"grow", r.level, r.procs, r.procs + 2}
				case "delete":
					r = round{"leave", r.level, r.procs, 40}
				case "compact":
					r = round{"compact", r.level, r.procs, 40}
				case "put":
					r = round{"mixed", r.level, r.procs, 40}
				}
				if err := r.run(t, target, r.faults(steps, class), &tally); err != nil {
					t.Fatalf("%+v: %v", r, err)
				}
			}
			t.Log(tally.String())
			if len(steps) > 0 {
				sum.Add(&tally)
			}
		})
	}
	if !t.Failed() && sum.Kills() > 0 {
		requireKills(t, &sum)
	}
}

// goalOf is how many processes die on the stores of a target.
func goalOf(target crash.Target) int {
	if len(target.Classes) == 0 {
		return scale(60, 500)
	}
	return scale(150, 5000)
}

// wantedClasses are the kinds of work in which processes must have died.
var wantedClasses = []string{"put", "delete", "grow", "compact"}

// classesOf returns the kinds of work that can be aimed at on the stores of a
// target.
func classesOf(target crash.Target) []string {
	if len(target.Classes) == 0 {
		return nil
	}
	return wantedClasses
}

// behind returns the kind of work in which the fewest processes have died, if
// they are fewer than its share of the kills so far, or "".
func behind(tally *crash.Tally, classes []string, goal int) (class string) {
	least := min(tally.Kills(), goal) * scale(10, 600) / goal
	for _, c := range classes {
		if n := tally.Inside(c); n < least {
			class, least = c, n
		}
	}
	return class
}

// requireKills fails the test unless enough processes died in the midst of each
// kind of work.
func requireKills(t *testing.T, sum *crash.Tally) {
	t.Log(sum.String())
	if got, want := 2*sum.Inside(""), sum.Kills(); got < want {
		t.Errorf("only %d of %d kills hit a call", got/2, want)
	}
	for _, class := range wantedClasses {
		if got, want := sum.Inside(class), scale(1, 1000); got < want {
			t.Errorf("only %d kills hit a %s, want %d", got, class, want)
		}
	}
}

// roundOf is the nth round on a store. One that tells nothing of its steps is
// not asked to grow or to compact.
func roundOf(n int, steps bool) round {
	levels := []crash.Level{crash.None, crash.Interval, crash.Always}
	r := round{"mixed", levels[n/5%3], 2 + n%7, 40}
	if steps {
		switch n % 5 {
		case 0, 1:
			r.profile, r.kills = "grow", r.procs+2 // there is only so much room to grow into
		case 2, 3:
			r.profile = "compact"
		case 4:
			r.profile = []string{"mixed", "restless"}[n/5%2]
		}
	}
	return r
}

// faults tells most victims to die at some step of the work that the round is
// for, or of one class if that is named, and leaves it to the parent to kill the
// others at a random moment.
func (r round) faults(steps []string, class string) func() string {
	var own []string
	for _, step := range steps {
		aim := profileFor(step) == r.profile && classOf(step) != "recover" && classOf(step) != "repair"
		if class != "" {
			aim = classOf(step) == class
		}
		if aim {
			own = append(own, step)
		}
	}
	return func() string {
		if len(own) == 0 || rand.IntN(4) == 0 {
			return ""
		}
		n := 1 + rand.IntN(4)*rand.IntN(8)
		switch r.profile {
		case "grow": // which is over after a few times
			n = 1 + rand.IntN(2)
		case "leave": // where the step is to come before the parent
			n = 1 + rand.IntN(3)
		}
		return fmt.Sprintf("%s:%d", own[rand.IntN(len(own))], n)
	}
}

// TestKillFindsWhatIsLost: the same finds fault with stores that lose something.
func TestKillFindsWhatIsLost(t *testing.T) {
	for _, target := range crash.Broken() {
		if strings.HasSuffix(target.Name, "no sync") {
			continue // which nobody sees but with the power cut
		}
		t.Run(target.Name, func(t *testing.T) {
			var tally crash.Tally
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
				if err := (round{"mixed", crash.None, 4, 40}).run(t, target, nil, &tally); err != nil {
					t.Logf("after %d kills: %v", tally.Kills(), err)
					return
				}
			}
			t.Errorf("nothing was found: %v", &tally)
		})
	}
}
