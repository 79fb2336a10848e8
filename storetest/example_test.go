package storetest_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storetest"
	"github.com/coatcheck/coatcheck/storetest/internal/broken"
)

// mystore stands for the package of your store.
var mystore struct{ opener }

type opener struct{}

func (opener) Open(now func() time.Time) *broken.Reference { return broken.New(now, 0) }

// The test of a store. In your package it is func TestContract(t *testing.T).
func ExampleRun() {
	testContract := func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) coatcheck.Store {
			store := mystore.Open(time.Now)
			t.Cleanup(func() { store.Close() })
			return store
		})
	}
	_ = testContract
}

// The test of a store whose clock can be set: expiry is checked to the
// nanosecond. This one takes at most half a MiB of data.
func ExampleSuite() {
	testContract := func(t *testing.T) {
		storetest.Suite{
			OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
				store := mystore.Open(now)
				t.Cleanup(func() { store.Close() })
				return store
			},
			MaxData: 512 << 10,
		}.Run(t)
	}
	_ = testContract
}
