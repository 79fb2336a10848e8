//go:build unix

package filestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// victimDir and victimSlice tell a process of this test where its store is and
// which sessions are its own.
const (
	victimDir   = "FILESTORE_VICTIM"
	victimSlice = "FILESTORE_SLICE"
)

// sliceSize is the number of sessions that a victim works on.
const sliceSize = 4

// crowded returns the nth session of a test all of whose processes meet in two
// directories: they wait for each other's locks, and one finds what another
// left that died there.
func crowded(n int) *coatcheck.Record {
	rec := session(n, "ann")
	rec.ID[0] = byte(n % 2)
	return rec
}

// TestCase41KillAtEveryStep kills processes in the midst of their work, several
// of which share the directory. What each had acknowledged must be there, in
// every record: the last value, or one that was under way; the deadline of the
// last touch, or a later one; and no record that was deleted. Nothing else is
// left, and the index misses nobody.
func TestCase41KillAtEveryStep(t *testing.T) {
	if dir := os.Getenv(victimDir); dir != "" {
		victim(t, dir)
		return
	}
	kills, each := 120, 4
	if os.Getenv("COATCHECK_TORTURE") == "1" {
		kills = 2100
	}
	dir := place(t)
	s := open(t, dir)
	journals := make([]journal, each)
	for i := range journals {
		journals[i] = journal{}
	}
	done := make(chan error)
	began := time.Now()
	for kill := 0; kill < kills; kill += each {
		for i := range each {
			go func() { done <- journals[i].kill(dir, i, kill/each, rand.IntN(60)) }()
		}
		for range each {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			return
		}
		for _, j := range journals {
			j.check(t, s)
		}
		if kill/each%10 == 0 {
			sweep(t, s, start)
			requireOurNames(t, dir)
			requireTrueIndex(t, s, dir)
		}
	}
	t.Logf("%d processes killed in %v", kills, time.Since(began))
}

// requireTrueIndex checks, when a sweep has been made, that there is one entry
// for each record.
func requireTrueIndex(t *testing.T, s *filestore.Store, dir string) {
	t.Helper()
	recs, _, err := s.List(context.Background(), "", 1000)
	must(t, err)
	for _, rec := range recs {
		if _, err := os.Stat(filestore.EntryPath(dir, rec.Owner, rec.ID)); err != nil && rec.Owner != "" {
			t.Errorf("the record of an owner is not in the index: %v", err)
		}
	}
	if n := len(owned(t, s, "ann")); n > len(recs) {
		t.Errorf("a sweep leaves %d entries for %d records", n, len(recs))
	}
}

// A fate is what the journal knows of a session: what it was when something
// was last acknowledged, and what it may be if what was begun since happened.
type fate struct{ sure, maybe string }

// A journal is outside the crash domain: it gets, through a pipe, what a victim
// is about to do and what it has done.
type journal map[int]fate

// victim leads its sessions through creation, changes, touches and deletion, and
// says before and after each step what they are then: "version,expires", or
// "gone".
func victim(t *testing.T, dir string) {
	s := open(t, dir)
	slice, _ := strconv.Atoi(os.Getenv(victimSlice))
	ctx := context.Background()
	for {
		n := slice*sliceSize + rand.IntN(sliceSize)
		rec, err := s.Load(ctx, crowded(n).ID)
		if errors.Is(err, coatcheck.ErrNotFound) {
			rec = crowded(n)
			step(t, n, rec, func() error { return s.Create(ctx, rec) })
			continue
		}
		must(t, err)
		switch rand.IntN(6) {
		case 0:
			step(t, n, nil, func() error { return s.Delete(ctx, rec.ID) })
		case 1, 2:
			touched := rec.Touched(rec.Expires.Add(time.Millisecond))
			step(t, n, touched, func() error { return s.Touch(ctx, rec.ID, touched.Expires) })
		default:
			changed := next(rec, strings.Repeat(strconv.FormatUint(rec.Version+1, 10)+" ", 1+rand.IntN(2000)))
			step(t, n, changed, func() error { return s.Replace(ctx, changed, rec.Version) })
		}
	}
}

// step announces a step, takes it, and acknowledges it. Each line is one write.
func step(t *testing.T, n int, to *coatcheck.Record, do func() error) {
	line := fmt.Sprintf("%d %s\n", n, stateOf(to))
	_, _ = io.WriteString(os.Stdout, "begin "+line)
	must(t, do())
	_, _ = io.WriteString(os.Stdout, "done "+line)
}

func stateOf(rec *coatcheck.Record) string {
	if rec == nil {
		return "gone"
	}
	return fmt.Sprintf("%d,%d", rec.Version, rec.Expires.UnixMilli())
}

// kill runs a victim until it has acknowledged some steps, and kills it.
func (j journal) kill(dir string, slice, round, acks int) error {
	cmd := exec.Command(os.Args[0], "-test.run=^TestCase41KillAtEveryStep$")
	cmd.Env = append(os.Environ(), victimDir+"="+dir, victimSlice+"="+strconv.Itoa(slice))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		number, state, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(number)
		switch {
		case err != nil || word != "begin" && word != "done":
			cmd.Process.Kill()
			more, _ := io.ReadAll(out)
			cmd.Wait()
			return fmt.Errorf("round %d: the victim says %q\n%s", round, lines.Text(), more)
		case word == "begin":
			j[n] = fate{j[n].sure, state}
		default:
			j[n] = fate{state, state}
		}
		if seen++; seen == 2*acks+1 {
			cmd.Process.Kill() // and what it still said is read
		}
	}
	cmd.Wait() // "signal: killed"
	return nil
}

// check compares what the store has with what it may have, and settles that.
func (j journal) check(t *testing.T, s *filestore.Store) {
	t.Helper()
	for n, f := range j {
		rec, err := s.Load(context.Background(), crowded(n).ID)
		if err != nil && !errors.Is(err, coatcheck.ErrNotFound) {
			t.Errorf("session %d: %v", n, err)
			continue
		}
		got := stateOf(rec)
		if got != f.maybe && got != f.sure && !(got == "gone" && f.sure == "") {
			t.Errorf("session %d is %s; it was %s, or %s if the last step was taken", n, got, f.sure, f.maybe)
		}
		if rec != nil && rec.Version > 1 && !strings.HasPrefix(string(rec.Data), strconv.FormatUint(rec.Version, 10)+" ") {
			t.Errorf("session %d has the data of another version", n)
		}
		j[n] = fate{got, got}
	}
}

// TestCase42TheLockOfADeadHolderIsFree: a process that dies with a lock leaves
// it free, and one that waits for it gets it at once.
func TestCase42TheLockOfADeadHolderIsFree(t *testing.T) {
	if dir := os.Getenv(victimDir); dir != "" {
		s := open(t, dir)
		_, err := filestore.Hold(s, idOf(1))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(filepath.Dir(filestore.RecordPath(dir, idOf(1))), filestore.TempName), []byte("half a rec"), 0o600))
		fmt.Println("held")
		select {}
	}
	dir := place(t)
	s := open(t, dir)
	rec := session(1, "ann")
	must(t, s.Create(context.Background(), rec))
	cmd := exec.Command(os.Args[0], "-test.run=^TestCase42TheLockOfADeadHolderIsFree$")
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if must(t, err); line != "held\n" {
		t.Fatalf("the holder says %q", line)
	}

	// While it lives, others wait as long as their contexts let them, and
	// readers do not wait at all.
	short, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	wants(t, s.Touch(short, rec.ID, rec.Deadline), context.DeadlineExceeded)
	has(t, s, rec)

	waiting := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() { waiting <- s.Replace(ctx, next(rec, "x"), 1) }()
	must(t, cmd.Process.Kill())
	cmd.Wait()
	must(t, <-waiting)
	has(t, s, next(rec, "x"))
	requireOurNames(t, dir)
}
