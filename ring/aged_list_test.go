package ring_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// Listings are complete, and show nothing twice, while stubs of an old change
// expire.
func TestListingsWhileStubsExpire(t *testing.T) {
	for round := range 20 {
		joins, ahead := round%2 == 0, 1+round/2 // seconds before the end of the stubs
		synctest.Test(t, func(t *testing.T) {
			all := farm(4, nil)
			three := slices.Clone(all)
			three[3].Standby, three[3].Weight = true, 0
			before, after := all, three
			if joins {
				before, after = three, all
			}
			x := &moving{early: newRing(t, before, &ring.Options{Overlap: time.Minute})}
			for range 60 {
				rec := newRecord()
				if err := x.early.Create(t.Context(), rec); err != nil {
					t.Fatal(err)
				}
				x.recs = append(x.recs, rec)
			}
			if err := x.early.SetMembers(after); err != nil {
				t.Fatal(err)
			}
			if _, err := x.early.Rebalance(t.Context(), fast("")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute - time.Duration(ahead)*time.Second)
			lists, owned := walk(t, x.early, func() {
				time.Sleep(500 * time.Millisecond)
				for _, m := range all {
					if _, err := m.Store.(coatcheck.Sweeper).Sweep(t.Context(), time.Now(), "", 10000); err != nil {
						t.Fatal(err)
					}
				}
			})
			for _, rec := range x.recs {
				if lists[rec.ID] != 1 || owned[rec.ID] != 1 {
					t.Errorf("a record was listed %d times and found %d times by its owner", lists[rec.ID], owned[rec.ID])
				}
			}
			x.early.Close()
		})
	}
}
