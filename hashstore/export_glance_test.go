package hashstore

import (
	"runtime/debug"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// TableWord is the word of the control page that says where the index is.
const TableWord = ctlTable

// Glance lets s look ahead for a change of id while other has the lock and a word of
// the control page is v.
func Glance(t testing.TB, s, other *Store, id coatcheck.ID, word int64, v uint64) {
	t.Helper()
	Hold(t, other, func() {
		before := s.mem.load(word)
		s.mem.store(word, v)
		defer s.mem.store(word, before)
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		s.glance(&change{id: id})
	})
}
