package coatchecktest_test

import (
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// sealer is a Sealer to whoever only looks at its methods.
type sealer struct{ coatcheck.Sealer }

// A Sealer in a Store would be none any more: its sessions would be kept as
// records, and a test of sealed sessions would test something else.
func TestSealersAreNotWrapped(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewStore has wrapped a Sealer")
		}
	}()
	coatchecktest.NewStore(sealer{})
}
