package hashstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A specimen is a small file that is sound and closed, and what is in it.
type specimen struct {
	path  string
	bytes []byte
	live  map[coatcheck.ID]*coatcheck.Record
	dead  []coatcheck.ID
}

// newSpecimen makes a file with a few of everything.
func newSpecimen(t testing.TB) *specimen {
	t.Helper()
	ctx := context.Background()
	x := &specimen{path: filepath.Join(fastDir(t), "sessions"), live: map[coatcheck.ID]*coatcheck.Record{}}
	o := hashstore.Options{MaxBytes: 4 << 20, CompressAbove: 200, SweepInterval: hashstore.NoSweep, Logger: quiet}
	s, err := hashstore.Open(x.path, &o)
	must(t, err)
	for i, owner := range []string{"alice", "alice", "bob", "", "", "carol"} {
		rec := record(owner, 50*i)
		must(t, s.Create(ctx, rec))
		if i%2 == 0 {
			next := *rec
			next.Version++
			must(t, s.Replace(ctx, &next, rec.Version))
			rec = &next
		}
		x.live[rec.ID] = rec
	}
	for range 2 {
		rec := record("dave", 10)
		must(t, s.Create(ctx, rec))
		must(t, s.Delete(ctx, rec.ID))
		x.dead = append(x.dead, rec.ID)
	}
	must(t, s.Close())
	sound(t, x.path)
	x.bytes, err = os.ReadFile(x.path)
	must(t, err)
	return x
}

// put writes the specimen's bytes, changed by edit, over the file.
func (x *specimen) put(t testing.TB, from int, b []byte) {
	t.Helper()
	f, err := os.OpenFile(x.path, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt(b, int64(from))
	must(t, err)
	must(t, f.Close())
}

// open opens the damaged file, if it can be opened.
func (x *specimen) open(t testing.TB) *hashstore.Store {
	t.Helper()
	s, err := hashstore.Open(x.path, &hashstore.Options{
		Logger: quiet, SweepInterval: hashstore.NoSweep, MustExist: true, Durability: hashstore.Interval(time.Hour),
	})
	if err != nil {
		return nil
	}
	return s
}

// harmless reports whether what the store says of the specimen is true, or an
// error.
func (x *specimen) harmless(t testing.TB, s *hashstore.Store, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for id, want := range x.live {
		got, err := s.Load(ctx, id)
		if err == nil && (got.ID != id || got.Owner != want.Owner || string(got.Data) != string(want.Data) || got.Version != want.Version) {
			t.Errorf("%s: Load returns what was never stored", what)
		}
	}
	for _, id := range x.dead {
		if _, err := s.Load(ctx, id); err == nil {
			t.Errorf("%s: a deleted session is back", what)
		}
	}
	_, _, err := s.List(ctx, "", 100)
	_ = err
	_, _, _ = s.Owned(ctx, "alice", "", 100)
}

// change makes every kind of change of the store, which may fail, and come to its
// end it must.
func (x *specimen) change(t testing.TB, s *hashstore.Store, what string) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for id, rec := range x.live {
		next := *rec
		next.Version++
		_ = s.Touch(ctx, id, rec.Deadline)
		_ = s.Replace(ctx, &next, rec.Version)
	}
	for _, owner := range []string{"", "alice"} {
		rec := record(owner, 300)
		_ = s.Create(ctx, rec)
		_ = s.Delete(ctx, rec.ID)
	}
	_ = hashstore.TryMove(s, 12)
	_, _ = s.Sweep(ctx, time.Now().Add(48*time.Hour), "", 3)
	_ = hashstore.TryCompact(s)
	_ = s.Compact(ctx)
	_, _ = s.Fill(ctx)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%s: changes took %v", what, took)
	}
}

// Every bit matters: a file with one that is flipped is found faulty by Check,
// never shows what was not stored, and is sound again after Repair. By default
// some dozens are tried, else all.
func TestFlippedBitIsFound(t *testing.T) {
	x := newSpecimen(t)
	parts := hashstore.Meaning(t, x.path)
	step, mend := 397, 397
	if os.Getenv("COATCHECK_TORTURE") != "" {
		step, mend = 1, 16
	}
	n := 0
	for _, p := range parts {
		for bit := p.From * 8; bit < p.To*8; bit++ {
			if n++; n%step != 0 {
				continue
			}
			at := bit / 8
			was := x.bytes[at]
			x.put(t, at, []byte{was ^ 1<<(bit%8)})
			what := fmt.Sprintf("bit %d of byte %d (%s)", bit%8, at, p.Name)
			x.found(t, what)
			if n%mend == 0 {
				x.mended(t, what)
				x.restore(t)
			}
			x.put(t, at, []byte{was})
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d bits mean something", n)
}

// restore brings the sound file back.
func (x *specimen) restore(t testing.TB) {
	t.Helper()
	must(t, os.Truncate(x.path, int64(len(x.bytes))))
	x.put(t, 0, x.bytes[:hashstore.FrontBytes])
	x.put(t, hashstore.FrontBytes, x.bytes[hashstore.FrontBytes:])
}

// found checks that Check finds the one fault of a file.
func (x *specimen) found(t *testing.T, what string) {
	t.Helper()
	r, err := hashstore.Check(x.path)
	switch {
	case err != nil && !errors.Is(err, coatcheck.ErrUnsupported) && !errors.Is(err, coatcheck.ErrCorrupt):
		t.Errorf("%s: Check: %v", what, err)
	case err == nil && len(r.Faults) == 0:
		t.Errorf("%s: Check finds nothing", what)
	}
}

// mended checks that Repair makes a file sound, and that it shows nothing then
// that is not true.
func (x *specimen) mended(t *testing.T, what string) {
	t.Helper()
	if _, err := hashstore.Repair(x.path); err != nil {
		t.Errorf("%s: Repair: %v", what, err)
		return
	}
	if r, err := hashstore.Check(x.path); err != nil || len(r.Faults) > 0 {
		t.Errorf("%s: after Repair: %v %v", what, err, r)
	}
	if s := x.open(t); s != nil {
		x.harmless(t, s, what)
		must(t, s.Close())
	}
}
