package hashstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// Compaction looks for tombstones in a segment as long as any are counted there.
// Whenever somebody dies, none is left uncounted.
func TestTombstonesAreNeverCountedShort(t *testing.T) {
	hashstore.WrapByPath(t)
	x := newScene(t)
	s, err := hashstore.Open(x.path, &x.o)
	must(t, err)
	must(t, s.Delete(t.Context(), x.others[0].ID))
	must(t, s.Close())
	x.restoreFrom(t)
	for name, change := range map[string]func(*hashstore.Store) error{
		"delete":  func(s *hashstore.Store) error { return s.Delete(context.Background(), x.target.ID) },
		"evict":   func(s *hashstore.Store) error { return s.Create(context.Background(), record("carol", 30)) },
		"compact": hashstore.TryCompact,
	} {
		t.Run(name, func(t *testing.T) {
			died := true
			n := int64(0)
			for died {
				n++
				x.restore(t, x.before)
				died = x.die(t, n, change)
				what := fmt.Sprint("died at write ", n)
				x.counts(t, what)
				if died && name == "compact" {
					s, err := hashstore.Open(x.path, &x.o)
					must(t, err)
					hashstore.CompactStep(t, s, 1<<20) // the rest
					must(t, s.Close())
					x.counts(t, what+", then compacted")
				}
			}
			if n < 10 {
				t.Errorf("there were %d writes only", n)
			}
		})
	}
}

// restoreFrom makes the file as it is what restore brings back.
func (x *scene) restoreFrom(t *testing.T) {
	t.Helper()
	x.before = fileBytes(t, x.path)
}

func (x *scene) counts(t *testing.T, what string) {
	t.Helper()
	s, err := hashstore.Open(x.path, &x.o)
	must(t, err)
	if err := hashstore.ShortCount(s); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	must(t, s.Close())
}

// A session is swept while its deletion waits for the disk. The tombstone of that
// one counts like any other: otherwise the last one of its segment, which ended
// another session, is forgotten with that.
func TestTombstoneOfWhatWasSweptMeanwhileCounts(t *testing.T) {
	needsMap(t)
	hashstore.WrapByPath(t)
	now := time.Now()
	o := hashstore.Options{
		MaxBytes: 32 << 20, Durability: hashstore.Interval(time.Hour), SweepInterval: hashstore.NoSweep, Logger: quiet,
		Now: func() time.Time { return now },
	}
	path := filepath.Join(fastDir(t), "sessions")
	other, ended := older(t, path, o)
	brief := record("alice", 10)
	brief.Expires = brief.Created.Add(time.Minute)
	must(t, other.Create(t.Context(), brief))
	var meanwhile func()
	s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return waitingDisk{d, &meanwhile} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now = now.Add(2 * time.Minute)
	swept := 0
	meanwhile = func() { swept = sweepAll(t, other, now) }
	must(t, s.Delete(t.Context(), brief.ID))
	if swept != 1 {
		t.Fatalf("%d sessions were swept meanwhile, want 1", swept)
	}
	must(t, s.Delete(t.Context(), ended.ID))
	if err := hashstore.ShortCount(s); err != nil {
		t.Error(err)
	}
	for range 4 {
		fillSegment(t, s)
	}
	must(t, s.Compact(t.Context()))
	must(t, s.Compact(t.Context()))
	gone(t, reborn(t, path, o), ended.ID, "a deleted session")
	sound(t, path)
}

// Many sessions end at once. Compaction moves each of their tombstones a few times,
// and not as long as there is space for more.
func TestTombstonesDoNotGoRoundAndRound(t *testing.T) {
	o := hashstore.Options{MaxBytes: 63 << 20, Durability: hashstore.Interval(time.Hour), SweepInterval: hashstore.NoSweep}
	path := filepath.Join(fastDir(t), "sessions")
	s := open(t, path, o)
	var recs []*coatcheck.Record
	for range 6000 {
		recs = append(recs, record("bob", 10))
		must(t, s.Create(t.Context(), recs[len(recs)-1]))
	}
	for i, rec := range recs {
		if i%10 != 0 {
			must(t, s.Delete(t.Context(), rec.ID))
		}
	}
	before, err := s.Fill(t.Context())
	must(t, err)
	must(t, s.Compact(t.Context()))
	after, err := s.Fill(t.Context())
	must(t, err)
	size := func(f hashstore.Fill) int64 { return f.Live + f.Dead + f.Free + f.Index + f.Holes }
	if size(after) > 3*size(before) {
		t.Errorf("compaction made a file of %d bytes one of %d", size(before), size(after))
	}
	if n := hashstore.TombstoneBytes(t, s); n > smallSegment {
		t.Errorf("%d bytes of tombstones are left, which nothing needs", n)
	}
	sound(t, path)
}

func fileBytes(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}
