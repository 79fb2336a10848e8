//go:build unix

package memstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/memstore"
)

// victimPath tells a process of this test where its store is.
const victimPath = "MEMSTORE_VICTIM"

// TestPromise2OverKill kills processes in the midst of their work. Whatever
// they had acknowledged to have ended must not come back, and the next process
// must be able to begin.
func TestPromise2OverKill(t *testing.T) {
	if path := os.Getenv(victimPath); path != "" {
		victim(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	o.MaxSessions = 5000
	var ended []int
	for kill := range 20 {
		// Later ones live longer. Each begins behind what the one before may
		// have created.
		ended = append(ended, killAfter(t, path, kill*100_000, 20+40*kill)...)
		s := open(t, path, o)
		for _, n := range ended {
			has(t, s, n, false)
		}
		for _, name := range names(t, path) {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("kill %d: %s is left", kill, name)
			}
		}
		must(t, s.Close())
	}
	t.Logf("%d sessions ended in 20 processes", len(ended))
}

// victim creates sessions, ends them in one way or another, and says so, for
// ever, while snapshots are written one after the other.
func victim(t *testing.T, path string) {
	o, _ := manual()
	s, err := memstore.Open(path, o)
	must(t, err)
	ctx := context.Background()
	go func() {
		for {
			must(t, s.Snapshot())
		}
	}()
	from, _ := strconv.Atoi(os.Getenv("MEMSTORE_FROM"))
	for n := from; ; n++ {
		fill(t, s, n, n+1, "ann")
		if old := n - 30; old >= from {
			if old%2 == 0 {
				must(t, s.Delete(ctx, idOf(old)))
			} else {
				must(t, s.Replace(ctx, stub(session(old, "ann")), 1))
				must(t, s.Delete(ctx, idOf(old)))
			}
			fmt.Printf("ended %d\n", old)
		}
	}
}

// killAfter runs a victim until it has acknowledged some ends, kills it, and
// returns which sessions have ended.
func killAfter(t *testing.T, path string, from, acks int) (ended []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestPromise2OverKill$")
	cmd.Env = append(os.Environ(), victimPath+"="+path, "MEMSTORE_FROM="+strconv.Itoa(from))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, found := strings.CutPrefix(lines.Text(), "ended ")
		last, err := strconv.Atoi(n)
		if !found || err != nil {
			rest, _ := io.ReadAll(out)
			t.Fatalf("the victim says %q %s", lines.Text(), rest)
		}
		if ended = append(ended, last); len(ended) == acks {
			must(t, cmd.Process.Kill())
		}
	}
	cmd.Wait() // "signal: killed"
	if len(ended) < acks {
		t.Fatalf("the victim ended only %d", len(ended))
	}
	return ended
}
