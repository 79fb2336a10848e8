package filestore_test

import (
	"os"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/storetest"
)

// An opener is Open or OpenPortable.
type opener func(dir string, opts *filestore.Options) (*filestore.Store, error)

// openers are the ways to open a store.
func openers() map[string]opener {
	return map[string]opener{"the system's way": filestore.Open, "the portable way": filestore.OpenPortable}
}

// suiteIn is the contract for stores that are opened in some way on dir.
func suiteIn(dir string, open opener, durability filestore.Durability) storetest.Suite {
	at := func(t *testing.T, now func() time.Time) coatcheck.Store {
		s, err := open(dir, &filestore.Options{Now: now, Durability: durability})
		must(t, err)
		t.Cleanup(func() { must(t, s.Close()) })
		return s
	}
	return storetest.Suite{
		OpenAt: at,
		Peer:   func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return at(t, nil) },
		Corrupt: func(t *testing.T, _ coatcheck.Store, id coatcheck.ID) {
			b := read(t, filestore.RecordPath(dir, id))
			b[len(b)-1] ^= 1
			must(t, os.WriteFile(filestore.RecordPath(dir, id), b, 0o600))
		},
	}
}

func TestContract(t *testing.T) {
	for name, open := range openers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time it waits for records to expire
			suiteIn(place(t), open, filestore.Process).Run(t)
		})
	}
}
