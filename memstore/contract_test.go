package memstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/storetest"
)

func TestContract(t *testing.T) {
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			return memstore.New(&memstore.Options{Now: now})
		},
		OpenSmall: func(t *testing.T, records int) coatcheck.Store {
			return memstore.New(&memstore.Options{MaxSessions: records})
		},
	}.Run(t)
}

// A store with a file keeps the contract, too, with snapshots all the while.
func TestContractWithAFile(t *testing.T) {
	open := func(t *testing.T, o memstore.Options) coatcheck.Store {
		o.SnapshotInterval = time.Millisecond
		return open(t, filepath.Join(t.TempDir(), "sessions"), &o)
	}
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			return open(t, memstore.Options{Now: now})
		},
		OpenSmall: func(t *testing.T, records int) coatcheck.Store {
			return open(t, memstore.Options{MaxSessions: records})
		},
	}.Run(t)
}
