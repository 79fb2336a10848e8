//go:build !race

// A million draws are arithmetic, of which the race detector makes half a
// minute.
package ring_test

import (
	"math"
	"testing"

	"github.com/coatcheck/coatcheck"
)

func TestSharesAreTheWeights(t *testing.T) {
	for name, ids := range map[string]func(int) coatcheck.ID{"hashed": hashed, "counted": counted} {
		r := newRing(t, weighted(15, 20, 10), nil)
		homes, _ := spread(r, nil, many, ids)
		for member, share := range map[string]float64{"a": 15. / 45, "b": 20. / 45, "c": 10. / 45} {
			if got := float64(homes[member]) / many; math.Abs(got/share-1) > 0.01 {
				t.Errorf("%s IDs: the share of %s is %.4f, want %.4f", name, member, got, share)
			}
		}
	}
}
