package coatchecktest

import (
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// NewManager returns a manager on a fresh RAM store. Both are closed when the
// test ends. opts may be nil; its clock, if there is one, is the store's too.
func NewManager(t testing.TB, opts *coatcheck.Options) *coatcheck.Manager {
	t.Helper()
	store := memstore.New(&memstore.Options{Now: now(opts)})
	m, err := coatcheck.New(store, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = m.Close()
		_ = store.Close()
	})
	return m
}
