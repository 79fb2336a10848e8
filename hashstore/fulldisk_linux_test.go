package hashstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// On a disk that is full the answer is ErrFull, all that is stored stays, and
// all goes on when there is space again. It takes root to mount one.
func TestCase43DiskIsFull(t *testing.T) {
	asRoot(t)
	forms(t, func(t *testing.T, o hashstore.Options) {
		ctx := context.Background()
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
		o.Durability, o.SweepInterval, o.MaxBytes = hashstore.Always(), hashstore.NoSweep, 32<<20
		path := filepath.Join(dir, "sessions")
		s := open(t, path, o)
		var recs []*coatcheck.Record
		var err error
		for range 2000 {
			rec := record("alice", 4000)
			if err = s.Create(ctx, rec); err != nil {
				break
			}
			recs = append(recs, rec)
		}
		if !errors.Is(err, coatcheck.ErrFull) || len(recs) < 100 {
			t.Fatalf("Create on a full disk, after %d: %v, want %v", len(recs), err, coatcheck.ErrFull)
		}
		for _, rec := range recs {
			if _, err := s.Load(ctx, rec.ID); err != nil {
				t.Fatalf("Load: %v", err)
			}
		}
		must(t, s.Touch(ctx, recs[0].ID, recs[0].Deadline))
		for _, rec := range recs[:len(recs)-10] {
			must(t, s.Delete(ctx, rec.ID))
		}
		must(t, s.Create(ctx, record("bob", 4000)))
		sound(t, path)
	})
}

// A fullDisk has no blocks to give, once it is full, but those that are there.
type fullDisk struct {
	hashstore.Disk
	full  *bool
	holes map[int64]bool // by segment
}

func (d fullDisk) Punch(off, n int64) error {
	d.holes[off] = true
	return d.Disk.Punch(off, n)
}

func (d fullDisk) Allocate(off, n int64) error {
	size, err := d.Disk.Size()
	if err != nil {
		return err
	}
	if *d.full && (d.holes[off] || off+n > size) {
		return syscall.ENOSPC
	}
	delete(d.holes, off)
	return d.Disk.Allocate(off, n)
}

// The machine stops while the disk is full. The index that is made anew finds the
// blocks of the former one, behind others that were given back.
func TestFileOnAFullDiskIsOpenedAgain(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.SweepInterval, o.Logger = 8<<20, hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		full, holes := false, map[int64]bool{}
		wrap := func(d hashstore.Disk) hashstore.Disk { return fullDisk{d, &full, holes} }
		s, err := hashstore.OpenOn(path, &o, wrap)
		if err != nil {
			t.Fatal(err)
		}
		rec := record("alice", 100)
		must(t, s.Create(t.Context(), rec))
		hashstore.MoveIndex(t, s, 12, func() {})
		must(t, s.Compact(t.Context()))
		must(t, s.Close())
		if !holes[hashstore.FrontBytes] {
			t.Fatalf("the first segment is not a hole: %v", holes)
		}
		full = true
		hashstore.ForgetBoot(t, path)
		if s, err = hashstore.OpenOn(path, &o, wrap); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("Load: %v", err)
		}
		must(t, s.Close())
		sound(t, path)
	})
}
