package ring

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/coatcheck/coatcheck"
)

// Weighted rendezvous hashing. Each member draws, for each ID, a number u that
// is evenly spread over (0, 1) and depends on nothing but the member's name
// and the ID's bytes; the member with the greatest −w/ln(u) has the ID. That
// is the logarithmic method of C. Schindelhauer and G. Schomaker, "Weighted
// Distributed Hash Tables" (SPAA 2005). −ln(u)/w is exponentially distributed
// with rate w, so the least of them is a member's with probability w/Σw, and
// a change to one member leaves the order of the others as it was.
//
// Here the least cost(u)/w is sought instead, with cost(u) = −log2(u), which
// differs by a constant factor. The logarithm is computed in integers, and the
// one division is correctly rounded by IEEE 754, so that every platform finds
// the same member.

// seeds are the four words that stand for a member's name in its draws.
type seeds [4]uint64

func seedsOf(name string) (s seeds) {
	sum := sha256.Sum256([]byte("coatcheck/ring/1:" + name))
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(sum[8*i:])
	}
	return s
}

// draw mixes a name with an ID into 64 evenly spread bits.
func (s *seeds) draw(id *coatcheck.ID) uint64 {
	h := fold(binary.LittleEndian.Uint64(id[0:])^s[0], binary.LittleEndian.Uint64(id[8:])^s[1])
	h = fold(h^binary.LittleEndian.Uint64(id[16:])^s[2], binary.LittleEndian.Uint64(id[24:])^s[3])
	h ^= h >> 32
	return fold(h^s[0], 0x9e3779b97f4a7c15^s[3])
}

// fold multiplies and adds up both halves of the product.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// fraction is how many binary digits a cost has behind the point.
const fraction = 40

// cost returns −log2((h+1)/2^64) in units of 2^−fraction, rounded up, and at
// least 1. Squaring a number between 1 and 2 doubles its logarithm, so each
// squaring yields one more digit.
func cost(h uint64) uint64 {
	if h == 1<<64-1 {
		return 1
	}
	h++
	whole := uint64(bits.Len64(h) - 1)
	x := h << (63 - whole) // 1 ≤ x/2^63 < 2
	log := whole
	for range fraction {
		hi, lo := bits.Mul64(x, x) // x² / 2^126, between 1 and 4
		log <<= 1
		if hi>>63 != 0 {
			log |= 1
			x = hi
		} else {
			x = hi<<1 | lo>>63
		}
	}
	return max(64<<fraction-log, 1)
}
