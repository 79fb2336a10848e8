package storetest_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storetest"
	"github.com/coatcheck/coatcheck/storetest/internal/broken"
)

// TestRight shows that the suite asks for nothing but the contract.
func TestRight(t *testing.T) {
	for _, store := range broken.Right() {
		t.Run(store.Name, func(t *testing.T) {
			t.Parallel()
			suiteOf(store.New).Run(t)
		})
	}
}

// TestRun shows that the store may be the same one each time and hold the
// records of others, and that it holds nothing else afterwards.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Millisecond)
	shared := unclosable{Reference: broken.New(time.Now, 0)}
	others := map[coatcheck.ID]bool{}
	for i := range 1000 {
		rec := &coatcheck.Record{ID: coatcheck.ID{1, byte(i), byte(i >> 8)}, Owner: "somebody",
			Created: now, AuthTime: now, Expires: now.Add(time.Hour), Deadline: now.Add(time.Hour)}
		if err := shared.Create(ctx, rec); err != nil {
			t.Fatal(err)
		}
		others[rec.ID] = true
	}
	storetest.Run(t, func(*testing.T) coatcheck.Store { return shared })
	recs, _, err := shared.List(ctx, "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if !others[rec.ID] {
			t.Errorf("the suite left a record of %q behind", rec.Owner)
		}
		delete(others, rec.ID)
	}
	if len(others) > 0 {
		t.Errorf("the suite took %d records of others", len(others))
	}
}

// unclosable is a reference store without a Close method: the field hides it.
type unclosable struct {
	*broken.Reference
	Close struct{}
}

// suiteOf is the whole suite of a store that is built on a reference store.
func suiteOf(build func(*broken.Reference) coatcheck.Store) storetest.Suite {
	return storetest.Suite{
		Open: func(*testing.T) coatcheck.Store { return build(broken.New(time.Now, 0)) },
		OpenAt: func(_ *testing.T, now func() time.Time) coatcheck.Store {
			return build(broken.New(now, 0))
		},
		OpenSmall: func(_ *testing.T, records int) coatcheck.Store {
			return build(broken.New(time.Now, records))
		},
		Peer: func(_ *testing.T, store coatcheck.Store) coatcheck.Store {
			if s, ok := store.(interface{ Peer() coatcheck.Store }); ok {
				return s.Peer()
			}
			return store
		},
		Corrupt: func(_ *testing.T, store coatcheck.Store, id coatcheck.ID) {
			store.(interface{ Damage(coatcheck.ID) }).Damage(id)
		},
	}
}
