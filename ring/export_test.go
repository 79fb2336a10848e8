package ring

import (
	"time"

	"github.com/coatcheck/coatcheck"
)

// Cost is the cost of a draw in bits.
func Cost(h uint64) float64 { return float64(cost(h)) / (1 << fraction) }

// RawCost is the same as the integer that it is.
func RawCost(h uint64) uint64 { return cost(h) }

// Home is the first that Locate returns, without the rest.
func (r *Ring) Home(id coatcheck.ID) string { return r.topo.Load().sets[0].home(id, nil).name }

// Meaning is what a stored record means on a member of this epoch: its kind,
// the record that it is or carries, and where it moves.
func Meaning(raw *coatcheck.Record, epoch uint64) (kind string, rec *coatcheck.Record, peer string, move uint64) {
	c := read(raw, epoch)
	return [...]string{"absent", "live", "stub", "copy", "dying", "dead", "fences"}[c.kind], c.rec, c.peer.peer, c.move
}

// Envelopes returns one of each kind that is about rec.
func Envelopes(rec *coatcheck.Record, epoch uint64, peer string, now time.Time) map[string]*coatcheck.Record {
	s := site{epoch: epoch}
	fenced := s.form(rec)
	if epoch == 0 {
		fenced = rec
	}
	return map[string]*coatcheck.Record{
		"live":  fenced,
		"stub":  commitStub(rec, epoch, site{&member{name: peer}, 0}, 7),
		"copy":  enclose(rec, envelope{kind: storedCopy, epoch: epoch, move: 7, peer: peer}, newVersion(versionOther)),
		"dying": death(rec, epoch, now),
	}
}

// Refence decodes notes about members and encodes them again.
func Refence(b []byte) ([]byte, error) {
	f, err := decodeFences(b)
	return f.encode(), err
}

// Recursor parses a cursor over the members a, b and c and prints it again.
func Recursor(s string) (string, error) {
	c, _, err := parseCursor(s, []*member{{name: "a"}, {name: "b"}, {name: "c"}})
	return c.String(), err
}
