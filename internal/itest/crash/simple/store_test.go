//go:build linux

package simple_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/crash/simple"
	"github.com/coatcheck/coatcheck/storetest"
)

// TestStore: the store that others are compared with keeps the contract, over
// two handles too.
func TestStore(t *testing.T) {
	var path string
	open := func(t *testing.T, o simple.Options) coatcheck.Store {
		s, err := simple.Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			path = filepath.Join(t.TempDir(), "sessions")
			return open(t, simple.Options{Now: now})
		},
	}.Run(t)
}
