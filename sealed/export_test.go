package sealed

import "github.com/coatcheck/coatcheck"

// XAES is the cipher, for its published vectors.
type XAES struct{ x *xaes }

// NewXAES returns the cipher for a key of 32 bytes.
func NewXAES(key []byte) (XAES, error) {
	x, err := newXAES(key)
	return XAES{x}, err
}

// Subkey is K1 of the specification.
func (x XAES) Subkey() []byte { return x.x.k1[:] }

// Seal and Open are what a Store does with a token's body.
func (x XAES) Seal(nonce, plaintext, aad []byte) ([]byte, error) {
	return x.x.seal(nil, nonce, plaintext, aad)
}
func (x XAES) Open(nonce, sealed, aad []byte) ([]byte, error) {
	return x.x.open(nil, nonce, sealed, aad)
}

// Wrap seals any content, for a look at what Open makes of it.
func (s *Store) Wrap(scope string, content []byte) (coatcheck.Token, error) {
	return s.wrap(scope, append(make([]byte, atBody), content...))
}

// RunLength is how many messages share the first half of their nonces.
const RunLength = runLength

// Nonce draws what the next message gets.
func (x XAES) Nonce() [xaesNonce]byte {
	var nonce [xaesNonce]byte
	x.x.draw(nonce[:])
	return nonce
}

// Derived reports whether the key of a nonce is at hand.
func (x XAES) Derived(nonce []byte) bool { return x.x.recent.get([half]byte(nonce)) != nil }
