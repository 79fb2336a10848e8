//go:build unix

package filestore_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// counterDir tells a process of this test where its store is.
const counterDir = "FILESTORE_COUNTER"

// Promise 1, between processes that are killed: they all count in one session,
// while it is touched and swept. What they acknowledged is counted, and nothing
// is that nobody began.
func TestNoIncrementOfAnyProcessIsLost(t *testing.T) {
	if dir := os.Getenv(counterDir); dir != "" {
		count(t, open(t, dir))
		return
	}
	const each = 4
	rounds := 5
	if os.Getenv("COATCHECK_TORTURE") == "1" {
		rounds = 50
	}
	dir := place(t)
	s := open(t, dir)
	rec := session(1, "ann")
	rec.Data = []byte("0")
	must(t, s.Create(context.Background(), rec))
	begun, acknowledged := 0, 0
	for range rounds {
		tallies := make(chan [2]int, each)
		for range each {
			go func() { tallies <- countUntilKilled(t, dir, 20+rand.IntN(60)) }()
		}
		for left := each; left > 0; {
			select {
			case tally := <-tallies:
				begun, acknowledged, left = begun+tally[0], acknowledged+tally[1], left-1
			default:
				rec.Expires = rec.Expires.Add(time.Millisecond)
				must(t, s.Touch(context.Background(), rec.ID, rec.Expires))
				sweep(t, s, start)
			}
		}
		got, err := s.Load(context.Background(), rec.ID)
		must(t, err)
		n, err := strconv.Atoi(string(got.Data))
		if must(t, err); n < acknowledged || n > begun || got.Version != uint64(n)+1 {
			t.Fatalf("the counter is %d, in version %d; %d increments were begun and %d acknowledged", n, got.Version, begun, acknowledged)
		}
		if !got.Expires.Equal(rec.Expires) {
			t.Fatalf("the last touch was for %v, and the record expires at %v", rec.Expires, got.Expires)
		}
		acknowledged, begun = n, n // what was under way is settled
	}
	if acknowledged < rounds*each*20/2 {
		t.Errorf("only %d increments in %d rounds", acknowledged, rounds)
	}
}

// count increments the counter as fast as it can, and says so before ("b") and
// after ("a").
func count(t *testing.T, s *filestore.Store) {
	ctx := context.Background()
	for {
		rec, err := s.Load(ctx, idOf(1))
		must(t, err)
		n, err := strconv.Atoi(string(rec.Data))
		must(t, err)
		_, _ = os.Stdout.WriteString("b")
		switch err = s.Replace(ctx, next(rec, strconv.Itoa(n+1)), rec.Version); {
		case errors.Is(err, coatcheck.ErrConflict):
			_, _ = os.Stdout.WriteString("c") // another was faster
		default:
			must(t, err)
			_, _ = os.Stdout.WriteString("a")
		}
	}
}

// countUntilKilled starts a process that counts and kills it after a number of
// increments. It returns how many may have happened and how many have.
func countUntilKilled(t *testing.T, dir string, acks int) (tally [2]int) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestNoIncrementOfAnyProcessIsLost$")
	cmd.Env = append(os.Environ(), counterDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return tally
	}
	for r := bufio.NewReader(out); ; {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			cmd.Wait() // "signal: killed"
			return tally
		case c == 'b':
			tally[0]++
		case c == 'c':
			tally[0]--
		case c == 'a':
			if tally[1]++; tally[1] == acks {
				cmd.Process.Kill() // and what it still said is read
			}
		default:
			cmd.Process.Kill()
			more, _ := io.ReadAll(r)
			cmd.Wait()
			t.Errorf("a process that counts says %c%s", c, more)
			return tally
		}
	}
}
