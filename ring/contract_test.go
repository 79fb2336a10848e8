package ring_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/storetest"
)

// ringOf returns a ring over so many memstores, of weights 1, 2, 3 …
func ringOf(t *testing.T, n int, opts *ring.Options, mem *memstore.Options) *ring.Ring {
	t.Helper()
	return newRing(t, farm(n, mem), opts)
}

// farm returns members called a, b, c …
func farm(n int, mem *memstore.Options) (members []ring.Member) {
	for i := range n {
		members = append(members, ring.Member{Name: string(rune('a' + i)), Store: memstore.New(mem), Weight: float64(i + 1)})
	}
	return members
}

func newRing(t *testing.T, members []ring.Member, opts *ring.Options) *ring.Ring {
	t.Helper()
	r, err := ring.New(members, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestContract(t *testing.T) {
	layouts := map[string]ring.Options{
		"rendezvous": {},
		"ketama":     {Layout: ring.Ketama},
		"fail over":  {Policy: ring.FailOver},
	}
	for name, opts := range layouts {
		for _, n := range []int{1, 3} {
			if n == 1 && opts.Policy == ring.FailOver {
				continue
			}
			t.Run(fmt.Sprintf("%s of %d", name, n), func(t *testing.T) {
				t.Parallel()
				storetest.Suite{
					OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
						opts := opts
						opts.Now = now
						return ringOf(t, n, &opts, &memstore.Options{Now: now})
					},
					Peer: func(t *testing.T, store coatcheck.Store) coatcheck.Store {
						return newRing(t, store.(*ring.Ring).Members(), &opts)
					},
				}.Run(t)
			})
		}
	}
}

// The store that takes few records is a ring of one, since a ring of several is
// full when one of them is.
func TestContractOfAFullRing(t *testing.T) {
	storetest.Suite{
		Open: func(t *testing.T) coatcheck.Store { return ringOf(t, 1, nil, nil) },
		OpenSmall: func(t *testing.T, records int) coatcheck.Store {
			return ringOf(t, 1, nil, &memstore.Options{MaxSessions: records, AnonymousShare: 1})
		},
	}.Run(t)
}

func TestContractOfMixedStores(t *testing.T) {
	storetest.Run(t, func(t *testing.T) coatcheck.Store {
		saved, err := memstore.Open(t.TempDir()+"/sessions", &memstore.Options{SnapshotInterval: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { saved.Close() })
		return newRing(t, []ring.Member{
			{Name: "limited", Store: memstore.New(&memstore.Options{AnonymousShare: 0.9}), Weight: 0.7},
			{Name: "saved", Store: saved, Weight: 3},
			{Name: "unlimited", Store: memstore.New(&memstore.Options{MaxSessions: memstore.NoLimit, MaxBytes: memstore.NoLimit}), Weight: 1},
			{Name: "waiting", Store: memstore.New(nil), Standby: true},
		}, nil)
	})
}
