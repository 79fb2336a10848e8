//go:build linux

package crash_test

import (
	"errors"
	"os"
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

// run kills processes on a store of the target.
func (r round) run(t *testing.T, target crash.Target, tally *crash.Tally) error {
	profile, err := crash.ProfileOf(r.profile)
	if err != nil {
		t.Fatal(err)
	}
	f := crash.Fleet{Target: target, Level: r.level, Profile: profile, Victim: victim(t), Procs: r.procs}
	dir, err := os.MkdirTemp("", "coatcheck-kill-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := f.Open(dir); err != nil {
		t.Fatal(err)
	}
	return errors.Join(f.Run(r.kills, tally), f.Close(tally))
}

// TestKill: whatever a process had acknowledged when it was killed is there
// afterwards, and the others go on.
func TestKill(t *testing.T) {
	for _, target := range crash.Targets() {
		t.Run(strings.ReplaceAll(target.Name, ", ", "-"), func(t *testing.T) {
			var tally crash.Tally
			for n, goal := 0, scale(150, 1000); tally.Kills() < goal; n++ {
				r := round{"mixed", crash.None, 2 + n%7, 40}
				if err := r.run(t, target, &tally); err != nil {
					t.Fatal(err)
				}
			}
			t.Log(tally.String())
		})
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
				if err := (round{"mixed", crash.None, 4, 40}).run(t, target, &tally); err != nil {
					t.Logf("after %d kills: %v", tally.Kills(), err)
					return
				}
			}
			t.Errorf("nothing was found: %v", &tally)
		})
	}
}
