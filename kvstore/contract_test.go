package kvstore_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/storetest"
)

func open(t *testing.T, kv kvstore.KV, now func() time.Time) *kvstore.Store {
	t.Helper()
	store, err := kvstore.New(kv, &kvstore.Options{Now: now, MaxValue: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestContract(t *testing.T) {
	things := newShelf()
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store { return open(t, things, now) },
		Peer:   func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return open(t, things, nil) },
		Corrupt: func(t *testing.T, _ coatcheck.Store, id coatcheck.ID) {
			things.change("coatcheck.s."+id.String(), func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		},
	}.Run(t)
}

// Without lists and conditional deletes it is a Store still.
func TestContractOnThreeFunctions(t *testing.T) {
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store { return open(t, newShelf().plain(), now) },
	}.Run(t)
}

// Inside one process, saving, loading and cleaning up is enough.
func TestContractOnLastWriteWins(t *testing.T) {
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			store, err := kvstore.InsecureLastWriteWins(newCupboard().api(), &kvstore.Options{Now: now, MaxValue: 2 << 20})
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
	}.Run(t)
}
