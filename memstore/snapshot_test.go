package memstore_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// manual returns options for a store with a file and without a timer.
func manual() (*memstore.Options, *clock) {
	o, c := at()
	o.SnapshotInterval = memstore.OnlyAtClose
	o.Logger = slog.New(slog.DiscardHandler)
	return o, c
}

// open opens a store at path; the test closes it if it has not.
func open(t testing.TB, path string, o *memstore.Options) *memstore.Store {
	t.Helper()
	s, err := memstore.Open(path, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// names returns those of the files in the directory of path.
func names(t testing.TB, path string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// awkward are records that a format could get wrong.
func awkward() []*coatcheck.Record {
	a, b, c, d := session(0, "ann"), session(1, ""), session(2, "\x00\xff ä"), session(3, "ann")
	a.Data = bytes.Repeat([]byte{0, 1, 2, 0xff}, 100_000)
	b.Data, b.Meta = nil, nil
	c.Version = 1<<63 - 1
	c.Meta = bytes.Repeat([]byte{0xee}, coatcheck.MaxMeta)
	d.Created = time.UnixMilli(-1).UTC()
	d.Deadline = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	return []*coatcheck.Record{a, b, c, d}
}

func TestCloseAndOpenBringEverythingBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	ctx := context.Background()
	for _, rec := range awkward() {
		must(t, s.Create(ctx, rec))
	}
	want := awkward()
	want[1] = next(want[1], "changed")
	must(t, s.Replace(ctx, want[1], 1))
	must(t, s.Touch(ctx, want[3].ID, start.Add(time.Hour)))
	want[3] = want[3].Touched(start.Add(time.Hour))
	before := stat(t, s)
	must(t, s.Close())
	must(t, s.Close())
	if got := names(t, path); !slices.Equal(got, []string{"sessions", "sessions.lock"}) {
		t.Errorf("files after Close are %q", got)
	}

	s = open(t, path, o)
	for _, w := range want {
		got, err := s.Load(ctx, w.ID)
		must(t, err)
		same(t, got, w)
	}
	if after := stat(t, s); after != before {
		t.Errorf("figures are %+v, want %+v", after, before)
	}
	if seen := owned(t, s, "ann", 10, func() {}); len(seen) != 2 {
		t.Errorf("%d entries in the owner index, want 2", len(seen))
	}
}

func TestSnapshotsAreTakenInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, path, &memstore.Options{SnapshotInterval: 10 * time.Second})
		ctx := context.Background()
		rec := lasting(0, "ann")
		must(t, s.Create(ctx, rec))
		wait := func(d time.Duration) os.FileInfo {
			time.Sleep(d)
			synctest.Wait()
			info, _ := os.Stat(path)
			return info
		}
		if wait(9*time.Second) != nil {
			t.Error("there is a snapshot before the interval is over")
		}
		first := wait(time.Second)
		if first == nil {
			t.Fatal("there is no snapshot after the interval")
		}
		if again := wait(time.Minute); !os.SameFile(first, again) {
			t.Error("a snapshot was written although nothing had changed")
		}
		for _, change := range []struct {
			name string
			do   func() error
		}{
			{"Touch", func() error { return s.Touch(ctx, rec.ID, rec.Expires.Add(time.Hour)) }},
			{"Replace", func() error { return s.Replace(ctx, next(rec, "x"), 1) }},
			{"Delete", func() error { return s.Delete(ctx, rec.ID) }},
			{"Delete of nothing", func() error { return s.Delete(ctx, rec.ID) }},
			{"Create", func() error { return s.Create(ctx, lasting(1, "")) }},
		} {
			before := wait(0)
			must(t, change.do())
			if after := wait(10 * time.Second); os.SameFile(before, after) {
				t.Errorf("no snapshot was written after a %s", change.name)
			}
		}
		must(t, s.Close())
	})
}

func TestCloseWritesOnlyWhatHasChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	must(t, s.Close())
	if got := names(t, path); !slices.Equal(got, []string{"sessions.lock"}) {
		t.Errorf("files of a store that was never used are %q", got)
	}
	s = open(t, path, o)
	fill(t, s, 0, 1, "ann")
	must(t, s.Close())
	first, err := os.Stat(path)
	must(t, err)
	s = open(t, path, o)
	must(t, s.Snapshot())
	must(t, s.Close())
	again, err := os.Stat(path)
	must(t, err)
	if !os.SameFile(first, again) {
		t.Error("a snapshot was written although nothing had changed")
	}
}

func TestExpiredRecordsAreNotBroughtBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, c := manual()
	s := open(t, path, o)
	fill(t, s, 0, 3, "ann")
	must(t, s.Touch(context.Background(), idOf(2), start.Add(time.Hour)))
	must(t, s.Close())
	c.add(30 * time.Minute)
	s = open(t, path, o)
	if st := stat(t, s); st.Records != 1 {
		t.Errorf("%d records, want the one that is live", st.Records)
	}
	has(t, s, 2, true)
	must(t, s.Delete(context.Background(), idOf(2)))
	fill(t, s, 4, 5, "ann") // is expired already
	must(t, s.Close())
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() != memstore.EmptySize {
		t.Errorf("a snapshot of nothing live has %d bytes", info.Size())
	}
}

func TestNarrowerLimitsKeepTheMembersAndTheLatest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	s := open(t, path, o)
	fill(t, s, 0, 10, "")
	fill(t, s, 10, 16, "ann")
	for n := range 3 {
		must(t, s.Touch(context.Background(), idOf(n), start.Add(time.Hour+time.Duration(n)*time.Minute)))
	}
	must(t, s.Close())
	o.MaxSessions = 8
	s = open(t, path, o)
	for n := range 16 {
		has(t, s, n, n == 1 || n == 2 || n >= 10)
	}
	if st := stat(t, s); st.Records != 8 || st.Evicted != 8 {
		t.Errorf("figures are %+v", st)
	}
	must(t, s.Close())

	// Members are kept even over the limit; then nobody gets in.
	o.MaxSessions = 4
	s = open(t, path, o)
	if st := stat(t, s); st.Records != 6 || st.Anonymous != 0 {
		t.Errorf("figures are %+v", st)
	}
	wants(t, s.Create(context.Background(), session(20, "ann")), coatcheck.ErrFull)
	must(t, s.Replace(context.Background(), next(session(10, "ann"), "x"), 1))
}

func TestTheOrderOfEvictionSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	o.MaxSessions = 10
	s := open(t, path, o)
	fill(t, s, 0, 5, "")
	for n := range 5 {
		must(t, s.Touch(context.Background(), idOf(n), start.Add(time.Hour-time.Duration(n)*time.Minute)))
	}
	must(t, s.Close())
	s = open(t, path, o)
	fill(t, s, 5, 7, "")
	for n := range 5 {
		has(t, s, n, n < 3)
	}
}

func TestANewStoreHasNoSnapshot(t *testing.T) {
	wants(t, memstore.New(nil).Snapshot(), coatcheck.ErrUnsupported)
}

func TestAClosedStoreTakesNoSnapshot(t *testing.T) {
	o, _ := manual()
	s := open(t, filepath.Join(t.TempDir(), "sessions"), o)
	must(t, s.Close())
	wants(t, s.Snapshot(), coatcheck.ErrClosed)
}
