package transfer

import (
	"crypto/sha256"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A digest is the beginning of a SHA-256 over all of a record but Expires, which
// touches move.
type digest [16]byte

// digestOf returns the digest of a record, and scratch space for the next one.
func digestOf(rec *coatcheck.Record, scratch []byte) (digest, []byte) {
	c := *rec
	c.Expires = time.Time{}
	scratch, _ = c.AppendBinary(scratch[:0]) // its error is always nil
	sum := sha256.Sum256(scratch)
	return digest(sum[:]), scratch
}

// same reports whether two records are equal in all but Expires.
func same(a, b *coatcheck.Record) bool {
	da, scratch := digestOf(a, nil)
	db, _ := digestOf(b, scratch)
	return da == db
}
