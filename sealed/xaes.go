package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"sync"
	"sync/atomic"
)

// xaes is XAES-256-GCM as c2sp.org/XAES-256-GCM specifies it: AES-256-GCM under
// a key that is derived from ours and the first half of a nonce of 24 bytes,
// long enough for as many messages as there will ever be. It is safe for
// concurrent use.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // the subkey of CMAC

	run    atomic.Pointer[run] // whose messages we are sealing
	recent recent
}

const (
	xaesKey   = 32
	xaesNonce = 24
	xaesTag   = 16
	half      = xaesNonce / 2
)

// newXAES returns the cipher for a key of 32 bytes.
func newXAES(key []byte) (*xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	x := &xaes{block: block}
	k1 := x.k1[:]
	block.Encrypt(k1, k1)
	var carry byte
	for i := len(k1) - 1; i >= 0; i-- {
		carry, k1[i] = k1[i]>>7, k1[i]<<1|carry
	}
	// Without a branch on what is secret.
	k1[len(k1)-1] ^= carry * 0b10000111
	return x, nil
}

// keys are scratch space, which would else take an allocation each.
var keys = sync.Pool{New: func() any { return new([xaesKey]byte) }}

// derive returns AES-256-GCM under the key for the messages whose nonces begin
// with prefix.
func (x *xaes) derive(prefix [half]byte) (*derived, error) {
	key := keys.Get().(*[xaesKey]byte)
	defer keys.Put(key)
	for i := range 2 {
		b := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		b[0], b[1], b[2], b[3] = 0, byte(i+1), 'X', 0
		copy(b[4:], prefix[:])
		subtle.XORBytes(b, b, x.k1[:])
		x.block.Encrypt(b, b)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	return &derived{prefix, gcm}, err
}

// seal appends the sealed plaintext to dst, which may be its own memory.
func (x *xaes) seal(dst, nonce, plaintext, aad []byte) ([]byte, error) {
	prefix := [half]byte(nonce)
	d := x.recent.get(prefix)
	if d == nil {
		var err error
		if d, err = x.derive(prefix); err != nil {
			return nil, err
		}
		x.recent.keep(d)
	}
	return d.gcm.Seal(dst, nonce[half:], plaintext, aad), nil
}

// open appends the plaintext to dst, or says that something was changed. What
// it derives for a message that somebody made up takes the place of nothing.
func (x *xaes) open(dst, nonce, sealed, aad []byte) ([]byte, error) {
	prefix := [half]byte(nonce)
	if d := x.recent.get(prefix); d != nil {
		return d.gcm.Open(dst, nonce[half:], sealed, aad)
	}
	d, err := x.derive(prefix)
	if err != nil {
		return nil, err
	}
	plain, err := d.gcm.Open(dst, nonce[half:], sealed, aad)
	if err == nil {
		x.recent.keep(d)
	}
	return plain, err
}
