//go:build unix

package hashstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// What a child process is to do stands in these.
const (
	childPath = "HASHSTORE_TEST_PATH"
	childForm = "HASHSTORE_TEST_FORM"
	childName = "HASHSTORE_TEST_NAME"
)

// TestChild is the process that the tests kill: it changes records of its own
// and says each change that has been acknowledged.
func TestChild(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		return // there is nothing to do but for a parent
	}
	o := formOf(os.Getenv(childForm))
	o.Logger, o.SweepInterval = quiet, 2*time.Millisecond
	s, err := hashstore.Open(path, &o)
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	ctx := context.Background()
	out := bufio.NewWriter(os.Stdout)
	say := func(format string, args ...any) {
		fmt.Fprintf(out, format+"\n", args...)
		out.Flush()
	}
	say("ready")
	recs := map[int]*coatcheck.Record{}
	name := os.Getenv(childName)
	for {
		i := rand.IntN(200)
		rec := recs[i]
		switch {
		case rec == nil:
			rec = named(name, i)
			rec.Version = 1 + uint64(rand.Uint32())
			say("try put %d %d", i, rec.Version)
			if err := s.Create(ctx, rec); err != nil && !errors.Is(err, coatcheck.ErrExists) {
				say("error %v", err)
				os.Exit(1)
			} else if err != nil {
				// From an earlier life.
				say("try delete %d", i)
				if err := s.Delete(ctx, rec.ID); err != nil {
					say("error %v", err)
				}
				say("deleted %d", i)
				continue
			}
			recs[i] = rec
			say("put %d %d", i, rec.Version)
		case rand.IntN(4) == 0:
			say("try delete %d", i)
			if err := s.Delete(ctx, rec.ID); err != nil {
				say("error %v", err)
				os.Exit(1)
			}
			delete(recs, i)
			say("deleted %d", i)
		default:
			next := *rec
			next.Version++
			next.Data = []byte(strings.Repeat(fmt.Sprint(next.Version), 1+rand.IntN(200)))
			say("try put %d %d", i, next.Version)
			if err := s.Replace(ctx, &next, rec.Version); err != nil {
				say("error %v", err)
				os.Exit(1)
			}
			recs[i] = &next
			say("put %d %d", i, next.Version)
		}
	}
}

func formOf(form string) (o hashstore.Options) {
	o.MaxBytes = 32 << 20
	o.Portable = strings.Contains(form, "portable")
	switch {
	case strings.Contains(form, "none"):
		o.Durability = hashstore.None()
	case strings.Contains(form, "always"):
		o.Durability = hashstore.Always()
	}
	return o
}

// named returns the record of a child under a number.
func named(name string, i int) *coatcheck.Record {
	rec := record(name, 300)
	rec.ID = coatcheck.ID{}
	copy(rec.ID[:], fmt.Sprintf("%s/%d", name, i))
	return rec
}

// A journal is what a child has said.
type journal struct {
	acked map[int]uint64 // 0: deleted
	tried map[int]uint64 // what was under way when it died
}

func (j *journal) read(line string) (fault string) {
	var i int
	var v uint64
	switch {
	case scan(line, "try put %d %d", &i, &v):
		j.tried[i] = v
	case scan(line, "put %d %d", &i, &v):
		j.acked[i] = v
		delete(j.tried, i)
	case scan(line, "try delete %d", &i):
		j.tried[i] = 0
	case scan(line, "deleted %d", &i):
		j.acked[i] = 0
		delete(j.tried, i)
	case line == "ready":
	default:
		return line
	}
	return ""
}

func scan(line, format string, args ...any) bool {
	n, err := fmt.Sscanf(line, format, args...)
	return err == nil && n == len(args)
}

// A process that is killed at any moment loses nothing that it was told, and
// leaves nothing behind that keeps others waiting.
func TestCase41KilledProcessLosesNothing(t *testing.T) {
	for _, form := range []string{"map none", "map interval", "map always", "portable interval"} {
		t.Run(form, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions")
			o := formOf(form)
			s := open(t, path, o)
			journals := [2]*journal{}
			for i := range journals {
				journals[i] = &journal{map[int]uint64{}, map[int]uint64{}}
			}
			for range 8 {
				var both sync.WaitGroup
				for i, j := range journals {
					both.Go(func() { killChild(t, path, form, fmt.Sprint("child", i), j) })
				}
				both.Wait()
				for i, j := range journals {
					compareJournal(t, s, fmt.Sprint("child", i), j)
				}
				sound(t, path)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// killChild runs a child for some time and kills it.
func killChild(t *testing.T, path, form, name string, j *journal) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childPath+"="+path, childForm+"="+form, childName+"="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	lines := bufio.NewScanner(out)
	kill := 1 + rand.IntN(400)
	for n := 0; lines.Scan(); n++ {
		if n == kill {
			cmd.Process.Kill() // what it has said meanwhile counts, too
		}
		if fault := j.read(lines.Text()); fault != "" {
			t.Errorf("%s says: %s", name, fault)
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
}

// compareJournal checks that the store has what a child was told.
func compareJournal(t *testing.T, s *hashstore.Store, name string, j *journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for i := range 200 {
		rec, err := s.Load(ctx, named(name, i).ID)
		got := uint64(0)
		switch {
		case err == nil:
			got = rec.Version
		case !errors.Is(err, coatcheck.ErrNotFound):
			t.Errorf("Load: %v", err)
			continue
		}
		want := j.acked[i]
		tried, under := j.tried[i]
		if got != want && (!under || got != tried) {
			t.Errorf("%s %d: version %d, want %d, or %d (%v)", name, i, got, want, tried, under)
		}
		j.acked[i] = got
		delete(j.tried, i)
	}
}
