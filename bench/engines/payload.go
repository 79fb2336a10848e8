package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/coatcheck/coatcheck"
)

// payloadSize is what a session's data takes; with its ID, times and version
// a record is about 1 KB.
const payloadSize = 960

// A slot is one record that should be there: the payload tells its number and
// its version, so that every get can be verified.
type slot struct {
	number  uint64
	version uint64
}

// id returns the key of a record's number, uniform over all IDs.
func (s slot) id() (id coatcheck.ID) {
	x := s.number
	for i := 0; i < len(id); i += 8 {
		x = mix(x + 0x9e3779b97f4a7c15)
		binary.LittleEndian.PutUint64(id[i:], x)
	}
	return id
}

// mix is a bijection that scatters.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// newPayload returns noise, which no engine could compress. stamp makes it a
// record's.
func newPayload() []byte {
	p := make([]byte, payloadSize)
	rng := rand.NewPCG(1, 2)
	for i := 0; i < len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], rng.Uint64())
	}
	return p
}

// stamps are where a payload carries its slot: at both ends and in the middle.
var stamps = [...]int{0, payloadSize / 2, payloadSize - 16}

// stamp writes the slot into a payload.
func (s slot) stamp(p []byte) {
	for i, at := range stamps {
		binary.LittleEndian.PutUint64(p[at:], s.number+uint64(i))
		binary.LittleEndian.PutUint64(p[at+8:], s.version)
	}
}

// verify reports whether a get returned this slot's record, and all of it.
func (s slot) verify(version uint64, p []byte) error {
	if len(p) != payloadSize || version != s.version {
		return fmt.Errorf("record %d: version %d of %d bytes, want version %d of %d", s.number, version, len(p), s.version, payloadSize)
	}
	for i, at := range stamps {
		if binary.LittleEndian.Uint64(p[at:]) != s.number+uint64(i) || binary.LittleEndian.Uint64(p[at+8:]) != s.version {
			return fmt.Errorf("record %d: its payload is another's or torn", s.number)
		}
	}
	return nil
}
