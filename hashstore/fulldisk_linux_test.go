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
