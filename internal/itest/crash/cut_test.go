//go:build linux && !race

package crash_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/internal/itest/crash"
)

// cutDisk tells a process of this test that it has a mount namespace of its own,
// and what kind of file system to use there.
const cutDisk = "COATCHECK_CUT_DISK"

// TestPowerCut: what a store had acknowledged when the power of its disk was cut
// is there afterwards, on real file systems. Before that, a store that never
// syncs must be seen to lose something, or the test would prove nothing.
func TestPowerCut(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			switch os.Getenv(cutDisk) {
			case "":
				needDisks(t)
				inNamespace(t, kind)
			case kind:
				cutAll(t, kind)
			}
		})
	}
}

// needDisks skips a test that cannot make file systems here, but not in CI.
func needDisks(t *testing.T) {
	var lacks []string
	if os.Geteuid() != 0 {
		lacks = append(lacks, "the rights of root")
	}
	for _, name := range []string{"mkfs.ext4", "mkfs.xfs"} {
		if crash.FindTool(name) == "" {
			lacks = append(lacks, name)
		}
	}
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		lacks = append(lacks, "loop devices")
	}
	switch {
	case len(lacks) == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("no power can be cut without %s", strings.Join(lacks, ", "))
	default:
		t.Skipf("NO POWER IS CUT: this needs %s", strings.Join(lacks, ", "))
	}
}

// limit is how long the cuts of one file system may take.
const limit = 10 * time.Minute

// inNamespace runs this test again in a mount namespace, which takes all mounts
// along when it ends.
func inNamespace(t *testing.T, kind string) {
	cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v", "-test.timeout="+limit.String())
	cmd.Env = append(os.Environ(), cutDisk+"="+kind)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// cutAll cuts the power of all stores on a file system of one kind.
func cutAll(t *testing.T, kind string) {
	dir := t.TempDir()
	machine, err := crash.NewMachine(dir)
	if err != nil {
		t.Fatal(err)
	}
	disk, err := crash.NewDisk(dir, kind)
	if err != nil {
		t.Fatal(err)
	}
	profile, err := crash.ProfileOf("small")
	if err != nil {
		t.Fatal(err)
	}
	cutter := func(name string, level crash.Level) *crash.Cutter {
		target, err := crash.TargetOf(name)
		if err != nil {
			t.Fatal(err)
		}
		return &crash.Cutter{
			Target: target, Level: level, Profile: profile, Workers: 3,
			Disk: disk, Machine: machine, Calls: 40, Length: time.Second,
		}
	}
	requireLoss(t, cutter("simple, no sync", crash.Always))
	total := 0
	for _, target := range crash.Targets() {
		for _, plan := range plansOf(target) {
			c := cutter(target.Name, plan.level)
			c.Calls, c.Length, c.Keep = plan.calls, plan.length, true
			cut(t, c, plan.cuts[kind])
			total += c.Cuts
		}
	}
	t.Logf("%s: %d cuts", kind, total)
}

// A plan is how often the power of a store is cut, and how long it works before.
type plan struct {
	level  crash.Level
	calls  int
	length time.Duration
	cuts   map[string]int // by the kind of file system
}

// plansOf returns the plans for a target. At level Interval there are a few long
// lives too, in which something becomes safe.
func plansOf(target crash.Target) []plan {
	const few, many = 60, 1 << 30
	const long = 3 * time.Second
	always := plan{crash.Always, few, time.Second, map[string]int{"ext4": scale(30, 1100), "xfs": scale(20, 750)}}
	if len(target.Classes) == 0 {
		always.cuts = map[string]int{"ext4": scale(10, 100), "xfs": scale(10, 100)}
		return []plan{always}
	}
	return []plan{
		always,
		{crash.Interval, 10 * few, time.Second, map[string]int{"ext4": scale(10, 200), "xfs": scale(10, 200)}},
		{crash.Interval, many, long, map[string]int{"ext4": scale(1, 8), "xfs": scale(1, 8)}},
		{crash.None, 10 * few, time.Second, map[string]int{"ext4": scale(10, 150), "xfs": scale(10, 150)}},
	}
}

// requireLoss fails the test unless cuts are seen to lose what was not synced.
func requireLoss(t *testing.T, c *crash.Cutter) {
	t.Helper()
	for range 50 {
		if err := c.Cut(); err != nil {
			t.Logf("%s: control, after %d cuts: %v", c.Target.Name, c.Cuts, err)
			return
		}
	}
	t.Fatalf("%s: no cut has lost anything: this file system proves nothing", c.Target.Name)
}

// cut cuts the power again and again.
func cut(t *testing.T, c *crash.Cutter, cuts int) {
	t.Helper()
	began := time.Now()
	for range cuts {
		if err := c.Cut(); err != nil {
			t.Fatalf("%s, %s, after %d cuts: %v", c.Target.Name, c.Level, c.Cuts, err)
		}
	}
	took := time.Since(began)
	t.Logf("%s, %s: %d cuts in %v (%.0f a minute), before %d of them single pages were written back; %d calls, %d sessions checked",
		c.Target.Name, c.Level, c.Cuts, took.Round(time.Millisecond), float64(c.Cuts)/took.Minutes(), c.Torn, c.Made, c.Checked)
}
