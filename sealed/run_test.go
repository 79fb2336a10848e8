package sealed_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck/sealed"
)

// No nonce comes twice, and no more messages share the first half of theirs
// than a run may have, however many goroutines seal.
func TestNonces(t *testing.T) {
	x, err := sealed.NewXAES(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	const crowd, each = 8, sealed.RunLength
	var mu sync.Mutex
	seen, runs := map[[24]byte]bool{}, map[[12]byte]int{}
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			for range each {
				nonce := x.Nonce()
				mu.Lock()
				seen[nonce] = true
				runs[[12]byte(nonce[:])]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(seen) != crowd*each {
		t.Errorf("%d messages have %d nonces", crowd*each, len(seen))
	}
	for prefix, n := range runs {
		if n > sealed.RunLength {
			t.Errorf("%d messages share %x; at most %d may", n, prefix, sealed.RunLength)
		}
	}
}

// A run that has begun is filled before the next one: each takes a derivation.
func TestRunsAreFilled(t *testing.T) {
	x, err := sealed.NewXAES(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	runs := map[[12]byte]int{}
	for range 3 * sealed.RunLength {
		nonce := x.Nonce()
		runs[[12]byte(nonce[:])]++
	}
	if len(runs) != 3 {
		t.Errorf("%d runs for the messages of 3", len(runs))
	}
}

// What was derived for one message serves those of the same run, and those
// whose nonces begin with another half find their own: also when both have
// the same place among the recent ones.
func TestRecentKeys(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	ours, err := sealed.NewXAES(key)
	if err != nil {
		t.Fatal(err)
	}
	nonce := func(second, last byte) []byte {
		b := bytes.Repeat([]byte{42}, 24)
		b[1], b[23] = second, last
		return b
	}
	for _, n := range [][]byte{nonce(1, 1), nonce(1, 2), nonce(2, 1), nonce(1, 1), nonce(2, 3)} {
		other, err := sealed.NewXAES(key) // which knows nothing yet
		if err != nil {
			t.Fatal(err)
		}
		want, err := other.Seal(n, []byte("a session"), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ours.Seal(n, []byte("a session"), nil)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("nonce %x: sealed %x, %v; want %x", n, got, err, want)
		}
		if plain, err := ours.Open(n, want, nil); err != nil || string(plain) != "a session" {
			t.Errorf("nonce %x: opened %q, %v", n, plain, err)
		}
		want[0] ^= 1
		if plain, err := ours.Open(n, want, nil); err == nil {
			t.Errorf("nonce %x: what was changed opens as %q", n, plain)
		}
	}
}

// A message that somebody made up takes the place of no key that is in use.
func TestForgeriesAreNotRemembered(t *testing.T) {
	x, err := sealed.NewXAES(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := make([]byte, 24), make([]byte, 24)
	theirs[1] = 1 // with the same place among the recent ones
	if _, err := x.Seal(ours, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Open(theirs, make([]byte, 16), nil); err == nil {
		t.Error("a forgery opens")
	}
	if !x.Derived(ours) || x.Derived(theirs) {
		t.Errorf("remembered: ours %t, theirs %t", x.Derived(ours), x.Derived(theirs))
	}
}
