package ketama

import (
	"crypto/md5"
	"encoding/binary"
)

// MD5 hashes a key as libketama does, and libmemcached and twemproxy when they
// are set to md5: the first four bytes of the sum, the lowest first.
func MD5(key string) uint32 {
	sum := md5.Sum([]byte(key))
	return binary.LittleEndian.Uint32(sum[:])
}

// The constants of the 64-bit FNV hash, cut to 32 bits where the others cut.
const (
	fnvOffset = 0xcbf29ce484222325 & 0xffffffff
	fnvPrime  = 0x100000001b3 & 0xffffffff
)

// FNV1a64 hashes a key as twemproxy does by default (hash: fnv1a_64). In spite
// of its name it has only ever computed with 32 bits.
func FNV1a64(key string) uint32 {
	h := uint32(fnvOffset)
	for i := range len(key) {
		h ^= uint32(key[i])
		h *= fnvPrime
	}
	return h
}
