package hashstore_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/storetest"
)

// quiet drops what a store logs.
var quiet = slog.New(slog.DiscardHandler)

// open opens a store that the test closes.
func open(t testing.TB, path string, o hashstore.Options) *hashstore.Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet
	}
	s, err := hashstore.Open(path, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// forms are the two ways to get at a file.
func forms(t *testing.T, test func(t *testing.T, o hashstore.Options)) {
	t.Run("map", func(t *testing.T) { test(t, hashstore.Options{}) })
	t.Run("portable", func(t *testing.T) { test(t, hashstore.Options{Portable: true}) })
}

func TestContract(t *testing.T) {
	for name, d := range map[string]hashstore.Durability{
		"none":     hashstore.None(),
		"interval": hashstore.Interval(50 * time.Millisecond),
		"always":   hashstore.Always(),
	} {
		t.Run(name, func(t *testing.T) {
			forms(t, func(t *testing.T, o hashstore.Options) {
				o.Durability = d
				contract(t, o)
			})
		})
	}
}

func contract(t *testing.T, o hashstore.Options) {
	paths := map[coatcheck.Store]string{}
	at := func(t *testing.T, o hashstore.Options) coatcheck.Store {
		path := filepath.Join(t.TempDir(), "sessions")
		s := open(t, path, o)
		paths[s] = path
		return s
	}
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			o := o
			o.Now = now
			return at(t, o)
		},
		Peer: func(t *testing.T, s coatcheck.Store) coatcheck.Store {
			return open(t, paths[s], o)
		},
		OpenSmall: func(t *testing.T, records int) coatcheck.Store {
			o := o
			o.MaxSessions = records
			return at(t, o)
		},
		Corrupt: func(t *testing.T, s coatcheck.Store, id coatcheck.ID) {
			hashstore.Spoil(t, s.(*hashstore.Store), id)
		},
	}.Run(t)
}
