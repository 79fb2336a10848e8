package broken

import (
	"runtime"
	"slices"

	"github.com/coatcheck/coatcheck"
)

// A Store is a wrong store: its name, and how to build it on a reference store,
// of which it replaces a method or two.
type Store struct {
	Name string
	New  func(*Reference) coatcheck.Store
}

// Stores returns all wrong stores.
func Stores() []Store {
	return slices.Concat(
		loads, ids, creates, replaces, touches, deletes, versions, verbatims, buffers,
		expiries, contexts, races, mixups, peers, lists, indexes, sweeps, stats,
		watches, capabilities, limits, closes,
	)
}

// pause lets the other goroutines run while a store is between two steps that
// should have been one.
func pause() {
	for range 4 {
		runtime.Gosched()
	}
}
