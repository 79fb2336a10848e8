package hashstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A file at MaxBytes evicts anonymous sessions, and none with an owner; what is
// stored stays, and there is room again after deletions.
func TestMaxBytes(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		ctx := context.Background()
		o.MaxBytes, o.Durability, o.SweepInterval = 3<<20, hashstore.None(), hashstore.NoSweep
		path := filepath.Join(fastDir(t), "sessions")
		s := open(t, path, o)
		for range 40 {
			must(t, s.Create(ctx, record("", 4000)))
		}
		var members []*coatcheck.Record
		var err error
		for range 2000 {
			rec := record("alice", 4000)
			if err = s.Create(ctx, rec); err != nil {
				break
			}
			members = append(members, rec)
		}
		if !errors.Is(err, coatcheck.ErrFull) {
			t.Fatalf("Create in a full file: %v, want %v", err, coatcheck.ErrFull)
		}
		if st, err := s.Stat(ctx); err != nil || st.Anonymous != 0 || st.Evicted != 40 {
			t.Errorf("Stat of a full file: %+v, %v; want all 40 anonymous sessions evicted", st, err)
		}
		for _, rec := range members {
			if _, err := s.Load(ctx, rec.ID); err != nil {
				t.Fatalf("Load of a session with an owner: %v", err)
			}
		}
		for _, rec := range members {
			must(t, s.Delete(ctx, rec.ID))
		}
		must(t, s.Create(ctx, record("bob", 4000)))
		sound(t, path)
	})
}
