package memstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coatcheck/coatcheck/memstore"
)

// crash returns the path of copies of the files as they are now: what another
// process would find if this one ended here. The journal comes first, since a
// snapshot that is written meanwhile makes do with an older one.
func crash(t testing.TB, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "sessions")
	for _, suffix := range []string{".journal", "", ".tmp"} {
		b, err := os.ReadFile(path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(to+suffix, b, 0o600))
	}
	return to
}

func TestPromise2ADestroyedSessionStaysDestroyedOverACrash(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	o.MaxSessions = 20
	s := open(t, path, o)
	fill(t, s, 0, 4, "ann")
	fill(t, s, 4, 8, "")
	must(t, s.Snapshot())

	must(t, s.Delete(ctx, idOf(0)))                          // destroyed
	must(t, s.Replace(ctx, stub(session(1, "ann")), 1))      // renewed
	must(t, s.Replace(ctx, stub(session(4, "")), 1))         // logged in
	must(t, s.Replace(ctx, next(session(2, "ann"), "x"), 1)) // only changed
	fill(t, s, 8, 16, "")                                    // evicts 5, 6, 7 among others
	has(t, s, 5, false)
	must(t, s.Delete(ctx, idOf(5))) // destroyed after it was evicted

	for range 3 { // each crash soon after the one before
		path = crash(t, path)
		s = open(t, path, o)
		for n, want := range map[int]bool{0: false, 1: false, 4: false, 5: false, 2: true, 3: true, 8: false} {
			has(t, s, n, want)
		}
		got, err := s.Load(ctx, idOf(2))
		must(t, err)
		if string(got.Data) != `{"n":2}` {
			t.Errorf("data are %q, want those of the snapshot", got.Data)
		}
		fill(t, s, 20, 21, "ann")
		must(t, s.Delete(ctx, idOf(20)))
	}
	must(t, s.Snapshot())
	path = crash(t, path)
	s = open(t, path, o)
	has(t, s, 0, false)
	has(t, s, 3, true)
}

// A session that is created again under the ID of one that was deleted is no
// ghost: the journal must not take it away.
func TestTheJournalSparesWhatCameAfter(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	fill(t, s, 0, 2, "ann")
	must(t, s.Snapshot())
	must(t, s.Delete(ctx, idOf(0)))
	fill(t, s, 0, 1, "bob")
	must(t, s.Snapshot())
	must(t, s.Delete(ctx, idOf(1)))
	path = crash(t, path)
	s = open(t, path, o)
	got, err := s.Load(ctx, idOf(0))
	must(t, err)
	if got.Owner != "bob" {
		t.Errorf("owner is %q, want that of the second", got.Owner)
	}
	has(t, s, 1, false)
}

func TestATornJournalLosesOnlyWhatWasTorn(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	fill(t, s, 0, 4, "ann")
	must(t, s.Snapshot())
	must(t, s.Delete(ctx, idOf(0)))
	must(t, s.Delete(ctx, idOf(1)))
	whole, err := os.ReadFile(path + ".journal")
	must(t, err)
	if want := memstore.JournalHead + 2*memstore.EntrySize; len(whole) != want {
		t.Fatalf("the journal has %d bytes, want %d", len(whole), want)
	}
	for n := range memstore.EntrySize + 1 {
		torn := crash(t, path)
		must(t, os.Truncate(torn+".journal", int64(len(whole)-n)))
		if n%2 == 0 { // a file system may leave zeros where nothing was written
			must(t, os.Truncate(torn+".journal", int64(len(whole)+100)))
		}
		s := open(t, torn, o)
		has(t, s, 0, false)
		has(t, s, 1, n > 0)
		// The next entry is written over the torn one.
		must(t, s.Delete(ctx, idOf(2)))
		s = open(t, crash(t, torn), o)
		has(t, s, 0, false)
		has(t, s, 2, false)
		has(t, s, 3, true)
	}
}

func TestTheJournalIsForgottenWithEachSnapshot(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	size := func() int64 {
		info, err := os.Stat(path + ".journal")
		must(t, err)
		return info.Size()
	}
	for n := range 10 {
		must(t, s.Delete(ctx, idOf(n)))
	}
	if got, want := size(), int64(memstore.JournalHead+10*memstore.EntrySize); got != want {
		t.Errorf("the journal has %d bytes, want %d", got, want)
	}
	must(t, s.Snapshot())
	if got := size(); got != memstore.JournalHead {
		t.Errorf("the journal has %d bytes after a snapshot, want %d", got, memstore.JournalHead)
	}
}

// A long journal is forgotten before its time.
func TestALongJournalAsksForASnapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	o.MaxSessions = 1
	s := open(t, path, o)
	fill(t, s, 0, 1, "ann")
	const enough = memstore.FullJournal/memstore.EntrySize + 1
	for n := range enough {
		must(t, s.Delete(context.Background(), idOf(n+1)))
	}
	for info, err := os.Stat(path); ; info, err = os.Stat(path) {
		if err == nil && info.Size() > memstore.EmptySize {
			break
		}
		runtime.Gosched() // until the snapshot is there, or the test times out
	}
}

// What is in the files at any moment is enough to begin with: copies that are
// taken while the store works hard, and while snapshots replace each other,
// always open, and never bring back what had ended before.
func TestCopiesTakenAtAnyMoment(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	var ended atomic.Int64 // sessions below have ended
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			fill(t, s, n, n+1, "ann")
			if n%3 == 0 {
				must(t, s.Replace(ctx, stub(session(n, "ann")), 1))
			}
			if n >= 50 {
				must(t, s.Delete(ctx, idOf(n-50)))
				ended.Store(int64(n - 49))
			}
		}
	})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				must(t, s.Snapshot())
			}
		}
	})
	for range 25 {
		dead := int(ended.Load())
		after := open(t, crash(t, path), o)
		for n := max(0, dead-200); n < dead; n++ {
			has(t, after, n, false)
		}
		must(t, after.Close())
	}
	close(stop)
	wg.Wait()
}
