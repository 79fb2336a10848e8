package hashstore

import (
	"testing"

	"github.com/coatcheck/coatcheck"
)

// SegmentOf returns the number of the segment that a session's record is in.
func SegmentOf(t testing.TB, s *Store, id coatcheck.ID) int {
	t.Helper()
	table := s.table()
	_, r := s.find(&table, &id)
	if !r.inUse() {
		t.Fatal("no such record")
	}
	return s.segmentOf(r.offset())
}
