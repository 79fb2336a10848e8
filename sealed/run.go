package sealed

import (
	"crypto/cipher"
	"crypto/rand"
	"sync/atomic"
)

// A run is the messages of one process whose nonces begin alike, so that the
// key for them is derived once. The second halves of their nonces are drawn at
// random, not counted: a copy of the process, as a virtual machine that was
// started twice from one snapshot, goes on with the same run.
//
// Two messages of a run get the same nonce with a probability of less than
// 2⁻⁷⁴, so 2⁵³ messages under one key of ours keep below the 2⁻³² that NIST SP
// 800-38D asks for.
type run struct {
	prefix [half]byte
	left   atomic.Int32
}

// runLength is how many messages a run has at most.
const runLength = 1 << 11

// draw fills in the nonce of the next message that is sealed.
func (x *xaes) draw(nonce []byte) {
	if r := x.run.Load(); r != nil && r.left.Add(-1) >= 0 {
		copy(nonce, r.prefix[:])
		_, _ = rand.Read(nonce[half:])
		return
	}
	_, _ = rand.Read(nonce)
	r := &run{prefix: [half]byte(nonce)}
	r.left.Store(runLength - 1)
	x.run.Store(r)
}

// A derived is AES-256-GCM under the key for the messages whose nonces begin
// with prefix.
type derived struct {
	prefix [half]byte
	gcm    cipher.AEAD
}

// recent keeps what was derived last, a place for each first byte of a prefix.
// It is safe for concurrent use.
type recent [1 << 8]atomic.Pointer[derived]

// get returns nil if it does not have the prefix.
func (c *recent) get(prefix [half]byte) *derived {
	if d := c[prefix[0]].Load(); d != nil && d.prefix == prefix {
		return d
	}
	return nil
}

func (c *recent) keep(d *derived) { c[d.prefix[0]].Store(d) }
