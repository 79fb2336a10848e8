package sealed_test

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"testing"

	"github.com/coatcheck/coatcheck/sealed"
)

// The vectors of c2sp.org/XAES-256-GCM: the top bit of the block from which
// the subkey is made is clear in the first one and set in the second.
func TestXAESVectors(t *testing.T) {
	for _, v := range []struct {
		key                   byte
		k1, aad, want, answer string
	}{
		{1, "e531954aca063d5b8d9c47a47d4cc6f0", "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271", "XAES-256-GCM"},
		{3, "23810ec50edb99f374409466ed1f4b7b", "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d", "XAES-256-GCM"},
	} {
		x, err := sealed.NewXAES(bytes.Repeat([]byte{v.key}, 32))
		if err != nil {
			t.Fatal(err)
		}
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		if got := hex.EncodeToString(x.Subkey()); got != v.k1 {
			t.Errorf("subkey %s, want %s", got, v.k1)
		}
		got, err := x.Seal(nonce, []byte(v.answer), []byte(v.aad))
		if err != nil || hex.EncodeToString(got) != v.want {
			t.Errorf("sealed %x, %v; want %s", got, err, v.want)
		}
		plain, err := x.Open(nonce, got, []byte(v.aad))
		if err != nil || string(plain) != v.answer {
			t.Errorf("opened %q, %v", plain, err)
		}
	}
}

// The accumulated vectors of the specification: random inputs of SHAKE-128,
// and the hash of all that was sealed. The million takes a while, so it is for
// long runs.
func TestXAESAccumulated(t *testing.T) {
	rounds, want := 10_000, "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"
	if torture() {
		rounds, want = 1_000_000, "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15"
	}
	inputs, outputs := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = inputs.Read(b)
		return b
	}
	for range rounds {
		key, nonce := read(32), read(24)
		plain := read(int(read(1)[0]))
		aad := read(int(read(1)[0]))
		x, err := sealed.NewXAES(key)
		if err != nil {
			t.Fatal(err)
		}
		out, err := x.Seal(nonce, plain, aad)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = outputs.Write(out)
		if back, err := x.Open(nonce, out, aad); err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("what was sealed opens as %x, %v; want %x", back, err, plain)
		}
	}
	sum := make([]byte, 32)
	_, _ = outputs.Read(sum)
	if got := hex.EncodeToString(sum); got != want {
		t.Errorf("the hash of %d rounds is %s, want %s", rounds, got, want)
	}
}
