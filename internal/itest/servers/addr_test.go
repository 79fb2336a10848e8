//go:build unix

package servers_test

import (
	"testing"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// Nobody is given an address that another server was given before, though it may
// not listen yet.
func TestAddressesAreGivenOnce(t *testing.T) {
	given := map[string]bool{}
	for range 600 {
		addr, err := servers.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		if given[addr] {
			t.Fatalf("%s is given twice", addr)
		}
		given[addr] = true
	}
}
