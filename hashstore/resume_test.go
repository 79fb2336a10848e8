package hashstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A scene is a file in which somebody dies in the midst of a change. Its store
// writes word by word, without a map, and each write may be the last one.
type scene struct {
	path   string
	o      hashstore.Options
	before []byte // the file when nobody had died
	target *coatcheck.Record
	others []*coatcheck.Record
}

func newScene(t *testing.T) *scene {
	t.Helper()
	x := &scene{path: filepath.Join(fastDir(t), "sessions")}
	x.o = hashstore.Options{
		MaxBytes: 4 << 20, MaxSessions: 8, Portable: true,
		Durability: hashstore.Interval(time.Hour), SweepInterval: hashstore.NoSweep, Logger: quiet,
	}
	s, err := hashstore.Open(x.path, &x.o)
	must(t, err)
	x.target = record("alice", 100)
	must(t, s.Create(t.Context(), x.target))
	for i := range 6 {
		x.others = append(x.others, record([]string{"alice", "bob"}[i%2], 50))
		must(t, s.Create(t.Context(), x.others[i]))
	}
	must(t, s.Create(t.Context(), record("", 50))) // to be evicted
	must(t, s.Close())
	x.before, err = os.ReadFile(x.path)
	must(t, err)
	return x
}

// restore brings the file back to what it was, in its place.
func (x *scene) restore(t *testing.T, b []byte) {
	t.Helper()
	now, err := os.ReadFile(x.path)
	must(t, err)
	f, err := os.OpenFile(x.path, os.O_WRONLY, 0)
	must(t, err)
	must(t, f.Truncate(int64(len(b))))
	const page = 4096
	for at := 0; at < len(b); at += page {
		end := min(at+page, len(b))
		if end > len(now) || !bytes.Equal(now[at:end], b[at:end]) {
			_, err := f.WriteAt(b[at:end], int64(at))
			must(t, err)
		}
	}
	must(t, f.Close())
}

// die lets the n-th write of f be torn, and the last that gets through. It
// reports whether there were so many.
func (x *scene) die(t *testing.T, n int64, f func(*hashstore.Store) error) (died bool) {
	t.Helper()
	disk := failingDisk{calls: new(atomic.Int64), sticky: true}
	s, err := hashstore.OpenOn(x.path, &x.o, func(d hashstore.Disk) hashstore.Disk {
		disk.Disk = d
		return &disk
	})
	if err != nil {
		t.Fatal(err)
	}
	disk.at = disk.calls.Load() + n
	err = f(s)
	died = disk.calls.Load() >= disk.at
	if !died && err != nil {
		t.Fatalf("nobody died, but: %v", err)
	}
	hashstore.Die(s)
	return died
}

// whole checks that nothing but the target may have changed.
func (x *scene) whole(t *testing.T, what string, fits func(*coatcheck.Record) bool) {
	t.Helper()
	s, err := hashstore.Open(x.path, &x.o)
	if err != nil {
		t.Fatalf("%s: open: %v", what, err)
	}
	for i, want := range x.others {
		got, err := s.Load(t.Context(), want.ID)
		if err != nil || got.Version != want.Version || got.Owner != want.Owner || !got.Expires.Equal(want.Expires) {
			t.Errorf("%s: another session, %d: %v, %v", what, i, got, err)
		}
	}
	got, err := s.Load(t.Context(), x.target.ID)
	if err != nil && !errors.Is(err, coatcheck.ErrNotFound) || !fits(got) {
		t.Errorf("%s: the session is neither as before nor as after: %v, %v", what, got, err)
	}
	owned := 0
	ids, _, err := s.Owned(t.Context(), "alice", "", 100)
	must(t, err)
	for _, id := range ids {
		if id == x.target.ID {
			owned++
		}
	}
	if want := got != nil && got.Owner == "alice"; want != (owned == 1) || owned > 1 {
		t.Errorf("%s: the owner has the session %d times: %v", what, owned, got)
	}
	must(t, s.Close())
	sound(t, x.path)
	if t.Failed() {
		t.FailNow()
	}
}

// Whoever finds the lock of a dead one repairs what that one left half done.
// Killed in the midst of it, at any word, it leaves no less to the next. A part
// of all combinations is tried by default.
func TestRepairOfADeadOnesChangeIsResumable(t *testing.T) {
	step, stride := int64(4), int64(97)
	if os.Getenv("COATCHECK_TORTURE") == "1" {
		step, stride = 1, 5
	}
	hashstore.WrapByPath(t)
	x := newScene(t)
	ctx := context.Background()
	next := *x.target
	next.Owner, next.Version = "bob", 2
	later := x.target.Expires.Add(time.Hour)
	for name, change := range map[string]struct {
		make func(*hashstore.Store) error
		fits func(*coatcheck.Record) bool // after the change
	}{
		"create":  {func(s *hashstore.Store) error { return s.Create(ctx, record("carol", 30)) }, nil},
		"large":   {func(s *hashstore.Store) error { return s.Create(ctx, record("carol", 600_000)) }, nil},
		"replace": {func(s *hashstore.Store) error { return s.Replace(ctx, &next, 1) }, func(r *coatcheck.Record) bool { return r != nil && r.Version == 2 }},
		"delete":  {func(s *hashstore.Store) error { return s.Delete(ctx, next.ID) }, func(r *coatcheck.Record) bool { return r == nil }},
		"touch":   {func(s *hashstore.Store) error { return s.Touch(ctx, next.ID, later) }, func(r *coatcheck.Record) bool { return r != nil && r.Expires.Equal(later) }},
		"grow":    {func(s *hashstore.Store) error { return hashstore.TryMove(s, 12) }, nil},
		"compact": {func(s *hashstore.Store) error { return hashstore.TryCompact(s) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			fits := func(r *coatcheck.Record) bool {
				return r != nil && r.Version == 1 && r.Owner == "alice" && r.Expires.Equal(x.target.Expires) ||
					change.fits != nil && change.fits(r)
			}
			deaths, n := 0, int64(1)
			for died := true; died; n += step {
				x.restore(t, x.before)
				if died = x.die(t, n, change.make); died {
					deaths += x.repaired(t, fmt.Sprint("died at write ", n), stride, n, fits)
				} else {
					x.whole(t, "nobody died", fits)
				}
			}
			if deaths == 0 {
				t.Error("nobody has died")
			}
			t.Logf("died at some of %d writes, and in %d repairs", n-step, deaths)
		})
	}
}

// repaired lets the next one die in the repair as well, again and again.
func (x *scene) repaired(t *testing.T, what string, stride, first int64, fits func(*coatcheck.Record) bool) (deaths int) {
	t.Helper()
	left, err := os.ReadFile(x.path)
	must(t, err)
	x.whole(t, what, fits)
	for at := 1 + first%stride; ; at += stride {
		x.restore(t, left)
		died := x.die(t, at, func(s *hashstore.Store) error {
			_, err := s.Stat(context.Background())
			return err
		})
		x.whole(t, fmt.Sprint(what, ", then at write ", at), fits)
		if !died {
			return deaths
		}
		deaths++
	}
}
