package hashstore

import (
	"context"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Spoil changes a byte in the body of a record.
func Spoil(t testing.TB, s *Store, id coatcheck.ID) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		tab := s.table()
		_, r := s.find(&tab, &id)
		if !r.inUse() {
			t.Fatal("Spoil: no such record")
		}
		var b [1]byte
		s.mem.read(b[:], r.offset()+recHead)
		b[0]++
		s.mem.write(b[:], r.offset()+recHead)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// IndexBytes returns how many bytes the segments of the index have.
func IndexBytes(t testing.TB, s *Store) (n int64) {
	t.Helper()
	err := s.locked(context.Background(), func() error {
		tab := s.table()
		n = int64(s.tableSegments(tab.bits)) * s.head.segment
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
