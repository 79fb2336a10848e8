package ring_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// weighted returns members of these weights, called a, b, c …
func weighted(weights ...float64) (members []ring.Member) {
	store := memstore.New(nil)
	for i, w := range weights {
		members = append(members, ring.Member{Name: string(rune('a' + i)), Store: store, Weight: w})
	}
	return members
}

// hashed returns an ID as managers make them, counted one no hash at all.
func hashed(n int) coatcheck.ID {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func counted(n int) (id coatcheck.ID) {
	binary.BigEndian.PutUint64(id[24:], uint64(n))
	return id
}

const many = 1_000_000

// spread counts at whose home so many IDs are, and how many have another one
// in the second ring, by "from→to".
func spread(one, two *ring.Ring, n int, ids func(int) coatcheck.ID) (homes, moves map[string]int) {
	homes, moves = map[string]int{}, map[string]int{}
	for i := range n {
		id := ids(i)
		home := one.Home(id)
		homes[home]++
		if two == nil {
			continue
		}
		if to := two.Home(id); to != home {
			moves[home+"→"+to]++
		}
	}
	return homes, moves
}

func TestSmallWeightGetsItsShare(t *testing.T) {
	r := newRing(t, weighted(1000, 1, 0.5), nil)
	const n = many / 5
	homes, _ := spread(r, nil, n, hashed)
	for member, share := range map[string]float64{"b": 1 / 1001.5, "c": 0.5 / 1001.5} {
		if got := float64(homes[member]) / n; math.Abs(got/share-1) > 0.2 { // of a few hundred IDs
			t.Errorf("the share of %s is %.5f, want %.5f", member, got, share)
		}
	}
}

func TestNewMemberTakesOnlyItsFairShare(t *testing.T) {
	one, two := newRing(t, weighted(15, 20, 10), nil), newRing(t, weighted(15, 20, 10, 10), nil)
	_, moves := spread(one, two, many/10, hashed)
	moved := 0
	for way, n := range moves {
		if !strings.HasSuffix(way, "→d") {
			t.Errorf("%d IDs moved between old members: %s", n, way)
		}
		moved += n
	}
	if got, want := float64(moved)/(many/10), 10./55; math.Abs(got/want-1) > 0.03 {
		t.Errorf("%.4f of the IDs moved, want %.4f", got, want)
	}
}

func TestHigherWeightOnlyAttracts(t *testing.T) {
	one, two := newRing(t, weighted(15, 20, 10), nil), newRing(t, weighted(15, 30, 10), nil)
	_, moves := spread(one, two, many/20, hashed)
	for way, n := range moves {
		if !strings.HasSuffix(way, "→b") {
			t.Errorf("%d IDs moved: %s", n, way)
		}
	}
}

// TestPlan compares what a plan says with what happens to many IDs, and prints
// the table of the documentation.
func TestPlan(t *testing.T) {
	for _, layout := range []struct {
		name string
		opts ring.Options
	}{{"rendezvous", ring.Options{}}, {"ketama", ring.Options{Layout: ring.Ketama}}} {
		for _, after := range [][]float64{{15, 20, 10, 10}, {15, 20}, {15, 20, 40}, {30, 10, 10}} {
			one, two := newRing(t, weighted(15, 20, 10), &layout.opts), newRing(t, weighted(after...), &layout.opts)
			plan, err := one.Plan(two.Members())
			if err != nil {
				t.Fatal(err)
			}
			const n = many / 50
			homes, moves := spread(one, two, n, hashed)
			moved, between := 0, 0
			for way, k := range moves {
				moved += k
				if !strings.Contains(way, "d") {
					between += k
				}
			}
			if got := float64(moved) / n; math.Abs(got-plan.Moves) > 0.015 {
				t.Errorf("%s to %v: %.4f moved, the plan says %.4f", layout.name, after, got, plan.Moves)
			}
			for member, share := range plan.Before {
				if got := float64(homes[member]) / n; math.Abs(got-share) > 0.015 {
					t.Errorf("%s: the share of %s is %.4f, the plan says %.4f", layout.name, member, got, share)
				}
			}
			t.Logf("%-10s to %v: before %s, after %s, moves %.2f %%, between old members %.2f %%", layout.name, after,
				percent(plan.Before), percent(plan.After), 100*plan.Moves, 100*float64(between)/n)
		}
	}
}

func percent(shares map[string]float64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		parts = append(parts, fmt.Sprintf("%s %.2f %%", name, 100*shares[name]))
	}
	return strings.Join(parts, " ")
}

// TestGoldenPlaces pins the places of some IDs for ever: where sessions are
// found must not change from one release or platform to another.
func TestGoldenPlaces(t *testing.T) {
	var places []string
	r := newRing(t, weighted(15, 20, 10, 0.3), nil)
	k := newRing(t, weighted(15, 20, 10, 3), &ring.Options{Layout: ring.Ketama})
	for n := range 24 {
		places = append(places, strings.Join(r.Locate(hashed(n)), "")+strings.Join(k.Locate(hashed(n)), ""))
	}
	if got := strings.Join(places, " "); got != golden {
		t.Errorf("the places are\n%s, want\n%s", got, golden)
	}
}

const golden = `bdacacbd acbdcbad cbadbcda abcdbadc abcdbacd acbdbacd cbdabacd bcadcabd cbadbacd acbdabcd bacdbcad cbadabcd acbdadbc cabdcbad bacdbadc abcdbacd bcadbcad abcddcab bacdabcd bacdacbd bcdacabd dabcacbd cabdabdc bacdcbad`

// The home is the first in the order of preference, by whatever way it is found.
func TestHomeIsFirst(t *testing.T) {
	for _, layout := range []ring.Layout{ring.Rendezvous, ring.Ketama} {
		r := newRing(t, weighted(15, 20, 10, 1), &ring.Options{Layout: layout})
		for n := range 1000 {
			if id := hashed(n); r.Home(id) != r.Locate(id)[0] || len(r.Locate(id)) != 4 {
				t.Fatalf("home %s, order %v", r.Home(id), r.Locate(id))
			}
		}
	}
}

func TestCostIsTheLogarithm(t *testing.T) {
	for _, h := range []uint64{0, 1, 2, 3, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 3 << 62, math.MaxUint64 - 1, math.MaxUint64} {
		want := 64 - math.Log2(float64(h)+1)
		if got := ring.Cost(h); math.Abs(got-want) > 1e-9 {
			t.Errorf("the cost of %d is %v, want %v", h, got, want)
		}
	}
	if a, b := ring.RawCost(math.MaxUint64), ring.RawCost(math.MaxUint64-1); a == 0 || b == 0 {
		t.Error("a cost of 0 beats every weight")
	}
	// Computed with 200 digits.
	for h, want := range map[uint64]uint64{0x0123456789abcdef: 8591343276641, 0xfedcba9876543210: 7065757665, 0x9e3779b97f4a7c15: 763327056527} {
		if got := ring.RawCost(h); got != want {
			t.Errorf("the cost of %x is %d, want %d", h, got, want)
		}
	}
}
