package hashstore

import (
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Words are those of the control page that no figure of Check covers.
func Words() map[string]int64 {
	return map[string]int64{
		"the end of the log": ctlTail, "what is pending": ctlPending, "the last entry": ctlAppended,
		"the victim": ctlVictim, "how far that is": ctlVictimAt, "the soonest end": ctlSoonest,
		"the count of moves": ctlEdition,
	}
}

// Ring makes the chain in which a session stands lead from there to there.
func Ring(t testing.TB, s *Store, id coatcheck.ID) {
	t.Helper()
	Hold(t, s, func() {
		tab := s.table()
		slot, r := s.find(&tab, &id)
		if !r.inUse() {
			t.Fatal("Ring: no such record")
		}
		n := tab.number(slot)
		s.mem.store(slot+slotChain, n<<32|n)
	})
}

// LimitIndex makes the largest table one of so many bits, for the time of a test, and
// returns how many sessions fit in.
func LimitIndex(t testing.TB, bits uint) (records int) {
	mostBits = bits
	t.Cleanup(func() { mostBits = maxTableBits })
	return int(mostRecords())
}

// Moves returns how often the index has been moved.
func Moves(s *Store) uint64 { return s.mem.load(ctlEdition) / 2 }
