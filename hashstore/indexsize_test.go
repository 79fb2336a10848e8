package hashstore_test

import (
	"path/filepath"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// An index that is full becomes twice as large, time after time.
func TestIndexDoubles(t *testing.T) {
	o := hashstore.Options{Durability: hashstore.None(), SweepInterval: hashstore.NoSweep}
	s := open(t, filepath.Join(fastDir(t), "sessions"), o)
	bits, moves := hashstore.IndexBits(s), 0
	for range 12_000 {
		must(t, s.Create(t.Context(), record("", 10)))
		now := hashstore.IndexBits(s)
		if now == bits {
			continue
		}
		if moves++; now != bits+1 {
			t.Fatalf("from 2^%d slots to 2^%d", bits, now)
		}
		bits = now
	}
	if moves != 4 {
		t.Errorf("it has grown %d times, want 4", moves)
	}
}

// As many sessions as Capacity names fit the index that the file begins with.
func TestCapacityFits(t *testing.T) {
	for _, n := range []int{1432, 1433, 1434, 5000, 5734, 5735} {
		o := hashstore.Options{Durability: hashstore.None(), SweepInterval: hashstore.NoSweep, Capacity: n}
		s := open(t, filepath.Join(fastDir(t), "sessions"), o)
		bits := hashstore.IndexBits(s)
		for range n {
			must(t, s.Create(t.Context(), record("", 10)))
		}
		if now := hashstore.IndexBits(s); now != bits {
			t.Errorf("a capacity of %d: the index has grown from 2^%d to 2^%d slots", n, bits, now)
		}
	}
}
