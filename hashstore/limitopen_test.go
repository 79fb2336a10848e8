package hashstore_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A file that is full is opened again after a stop of the machine, by Options that
// leave it less room, too. The index that is made anew may be larger than the former
// one, which was about to grow.
func TestFullFileIsOpenedAgain(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		for name, later := range map[string]int64{"the same limit": 4 << 20, "a lower limit": 2 << 20} {
			t.Run(name, func(t *testing.T) {
				o.MaxBytes, o.SweepInterval, o.Durability = 4<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
				path := filepath.Join(fastDir(t), "sessions")
				s, err := hashstore.Open(path, &o)
				if err != nil {
					t.Fatal(err)
				}
				var recs []*coatcheck.Record
				for {
					rec := record("alice", 2050) // some 1200 of them, with an index for 1433
					err := s.Create(t.Context(), rec)
					if errors.Is(err, coatcheck.ErrFull) {
						break
					}
					must(t, err)
					recs = append(recs, rec)
				}
				must(t, s.Close())
				hashstore.ForgetBoot(t, path)
				o.MaxBytes = later
				s, err = hashstore.Open(path, &o)
				if err != nil {
					t.Fatalf("with %d sessions: %v", len(recs), err)
				}
				for _, rec := range recs {
					if _, err := s.Load(t.Context(), rec.ID); err != nil {
						t.Fatal(err)
					}
				}
				must(t, s.Delete(t.Context(), recs[0].ID))
				must(t, s.Close())
				sound(t, path)
			})
		}
	})
}
