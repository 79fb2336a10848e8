//go:build unix

package hashstore_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// The tests named by a number are those of docs/THREATS.md.

// Whatever stands where the file keeps offsets, chains and counts, none leads
// outside the file, to another session, or round and round for ever. (The fuzz
// targets FuzzOpen, FuzzRepair and FuzzRecover look for more of it.)
func TestCase38HostileOffsets(t *testing.T) {
	x := newSpecimen(t)
	patterns := map[string][]byte{
		"negative": bytes.Repeat([]byte{0xff}, 64), "past the end": bytes.Repeat([]byte{0, 0, 0, 0, 0xff, 0x7f, 0, 0}, 8),
		"to itself": bytes.Repeat([]byte{1, 0, 0, 0, 1, 0, 0, 0}, 8), "nothing": make([]byte, 64),
	}
	try := func(what string, at int, pattern []byte) {
		x.put(t, at, pattern[:min(64, len(x.bytes)-at)])
		began := time.Now()
		if s := x.open(t); s != nil {
			x.harmless(t, s, what)
			x.change(t, s, what)
			_ = s.Close() // may fail: the file is not whole
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: it took %v", what, took)
		}
		x.restore(t)
	}
	for _, part := range hashstore.Meaning(t, x.path) {
		for at := part.From; at < part.To; at += 192 {
			for name, pattern := range patterns {
				try(fmt.Sprintf("%s over byte %d (%s)", name, at, part.Name), at, pattern)
			}
		}
	}
}

// Where an ID stands in a file's index depends on the file's own random seed,
// so that nobody can choose IDs that meet in one place.
func TestCase39SeedOfItsOwn(t *testing.T) {
	seeds := map[string]bool{}
	for n := range 4 {
		path := filepath.Join(fastDir(t), fmt.Sprint("sessions", n))
		open(t, path, hashstore.Options{SweepInterval: hashstore.NoSweep})
		b, err := os.ReadFile(path)
		must(t, err)
		seeds[string(b[44:60])] = true
	}
	if len(seeds) != 4 || seeds[string(make([]byte, 16))] {
		t.Errorf("%d seeds of 4 files, one of them zero: %t", len(seeds), seeds[string(make([]byte, 16))])
	}
}

// shrunk is set in a process whose file is cut off under it.
const shrunk = "HASHSTORE_SHRUNK"

// A file that is cut off while it is open costs errors, and not the process.
func TestCase40FileIsCutOffUnderUs(t *testing.T) {
	if path := os.Getenv(shrunk); path != "" {
		loseTheEnd(t, path)
		fmt.Println("survived")
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCase40FileIsCutOffUnderUs$")
	cmd.Env = append(os.Environ(), shrunk+"="+filepath.Join(fastDir(t), "sessions"))
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("survived")) {
		t.Fatalf("%v\n%s", err, out[:min(len(out), 3000)])
	}
}

func loseTheEnd(t *testing.T, path string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := hashstore.Open(path, &hashstore.Options{MaxBytes: 4 << 20, SweepInterval: hashstore.NoSweep, Logger: quiet})
	must(t, err)
	var recs []*coatcheck.Record
	for range 100 {
		rec := record("alice", 1000)
		must(t, s.Create(ctx, rec))
		recs = append(recs, rec)
	}
	for _, size := range []int64{hashstore.FrontBytes + 4096, hashstore.FrontBytes, 4096, 0} {
		must(t, os.Truncate(path, size))
		failed := 0
		for _, rec := range recs {
			if got, err := s.Load(ctx, rec.ID); err != nil {
				failed++
			} else if got.ID != rec.ID || !bytes.Equal(got.Data, rec.Data) {
				t.Error("Load returns what was never stored")
			}
		}
		if failed == 0 {
			t.Errorf("cut to %d: all is still there", size)
		}
		next := *recs[0]
		next.Version++
		if s.Create(ctx, record("bob", 1000)) == nil && s.Replace(ctx, &next, 1) == nil {
			t.Errorf("cut to %d: changes succeed", size)
		}
		_, _, _ = s.List(ctx, "", 10)
		_, _, _ = s.Owned(ctx, "alice", "", 10)
	}
	_ = s.Close() // may fail: nothing is left of the file
}

// A process that dies with the lock of a file keeps nobody waiting.
func TestCase42LockOfTheDead(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.SweepInterval, o.Durability = hashstore.NoSweep, hashstore.None()
		path := filepath.Join(fastDir(t), "sessions")
		doomed, heir := open(t, path, o), open(t, path, o)
		rec := record("alice", 100)
		must(t, doomed.Create(t.Context(), rec))
		hashstore.DieHolding(t, doomed)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		must(t, heir.Create(ctx, record("bob", 100)))
		_, err := heir.Load(ctx, rec.ID)
		must(t, err)
	})
}

// What is no honest file of ours is neither followed nor waited for nor written
// to.
func TestCase44WhatIsNoHonestFileIsRefused(t *testing.T) {
	dir := fastDir(t)
	outside := filepath.Join(dir, "outside")
	s, err := hashstore.Open(outside, &hashstore.Options{SweepInterval: hashstore.NoSweep, Logger: quiet})
	must(t, err)
	must(t, s.Close())
	precious, err := os.ReadFile(outside)
	must(t, err)
	for name, plant := range map[string]func(path string) error{
		"link":      func(path string) error { return os.Symlink(outside, path) },
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"readable by others": func(path string) error {
			must(t, os.WriteFile(path, nil, 0o600))
			return os.Chmod(path, 0o644)
		},
	} {
		path := filepath.Join(dir, name)
		must(t, plant(path))
		if s, err := hashstore.Open(path, &hashstore.Options{Logger: quiet}); err == nil {
			t.Errorf("a %s is taken", name)
			must(t, s.Close())
		}
		if b, err := os.ReadFile(outside); err != nil || !bytes.Equal(b, precious) {
			t.Errorf("a %s: the file outside was written to, %v", name, err)
		}
	}
}

// The file is its owner's alone, whatever the umask is.
func TestCase46FileIsForItsOwnerOnlyWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o777} {
		path := filepath.Join(fastDir(t), fmt.Sprint("sessions", umask))
		old := syscall.Umask(umask)
		s, err := hashstore.Open(path, &hashstore.Options{SweepInterval: hashstore.NoSweep, Logger: quiet})
		syscall.Umask(old)
		if err != nil {
			continue // an error is as good
		}
		must(t, s.Create(t.Context(), record("alice", 100)))
		must(t, s.Close())
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode() != 0o600 && (umask == 0 || info.Mode() != 0) {
			t.Errorf("umask %03o: mode %v", umask, info.Mode())
		}
	}
}
