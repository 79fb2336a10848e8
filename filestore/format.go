package filestore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The format of a record's file, version 1; numbers are big-endian, times are
// milliseconds since 1970, and checksums are CRC-32C.
//
//	  0  7  "coatrec"
//	  7  1  format version, 1
//	  8 16  slot: Expires (8 bytes), checksum of ID and Expires (4), zeros (4)
//	 24 16  another slot
//	 40  4  checksum of the head from here on, 44 to 128
//	 44  4  checksum of the body
//	 48  8  version of the record
//	 56  8  Created
//	 64  8  AuthTime, the least number when unset
//	 72  8  Deadline
//	 80  4  length of the owner
//	 84  4  length of Meta
//	 88  4  length of Data
//	 92  4  zeros
//	 96 32  ID
//	128     the body: owner, Meta, Data
//
// A file is written once, under another name, and never changed but for its
// slots. The later of the two deadlines that pass their check counts. A touch
// overwrites the other one, so that a write which is torn leaves one standing.
const (
	magic         = "coatrec"
	formatVersion = 1

	slotA, slotB  = 8, 24
	slotSize      = 16
	headSumAt     = 40
	bodySumAt     = 44
	versionAt     = 48
	createdAt     = 56
	authTimeAt    = 64
	deadlineAt    = 72
	ownerLengthAt = 80
	metaLengthAt  = 84
	dataLengthAt  = 88
	idAt          = 96
	headSize      = 128
)

// Limits on what a file holds. Nothing greater is written, nor believed.
const (
	maxOwner = 64 << 10
	maxData  = 64 << 20
	maxFile  = headSize + maxOwner + coatcheck.MaxMeta + maxData
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// unset stands for the zero time.
const unset = math.MinInt64

func millis(t time.Time) int64 {
	if t.IsZero() {
		return unset
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == unset {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// encode returns the file of a record.
func encode(rec *coatcheck.Record) ([]byte, error) {
	switch {
	case len(rec.Owner) > maxOwner:
		return nil, tooLarge("owner", len(rec.Owner), maxOwner)
	case len(rec.Meta) > coatcheck.MaxMeta:
		return nil, tooLarge("meta", len(rec.Meta), coatcheck.MaxMeta)
	case len(rec.Data) > maxData:
		return nil, tooLarge("data", len(rec.Data), maxData)
	}
	b := make([]byte, headSize, headSize+len(rec.Owner)+len(rec.Meta)+len(rec.Data))
	b = append(b, rec.Owner...)
	b = append(b, rec.Meta...)
	b = append(b, rec.Data...)
	copy(b, magic)
	b[7] = formatVersion
	copy(b[idAt:], rec.ID[:])
	put := binary.BigEndian
	put.PutUint64(b[versionAt:], rec.Version)
	put.PutUint64(b[createdAt:], uint64(millis(rec.Created)))
	put.PutUint64(b[authTimeAt:], uint64(millis(rec.AuthTime)))
	put.PutUint64(b[deadlineAt:], uint64(millis(rec.Deadline)))
	put.PutUint32(b[ownerLengthAt:], uint32(len(rec.Owner)))
	put.PutUint32(b[metaLengthAt:], uint32(len(rec.Meta)))
	put.PutUint32(b[dataLengthAt:], uint32(len(rec.Data)))
	put.PutUint32(b[bodySumAt:], checksum(b[headSize:]))
	put.PutUint32(b[headSumAt:], checksum(b[bodySumAt:headSize]))
	expires := millis(rec.Expires)
	putSlot(b[slotA:], rec.ID, expires)
	putSlot(b[slotB:], rec.ID, expires)
	return b, nil
}

func tooLarge(what string, n, limit int) error {
	return fmt.Errorf("filestore: %w: its %s has %d bytes, and %d is the limit", coatcheck.ErrTooLarge, what, n, limit)
}

// putSlot writes a slot into b.
func putSlot(b []byte, id coatcheck.ID, expires int64) {
	var sum [len(id) + 8]byte
	copy(sum[:], id[:])
	binary.BigEndian.PutUint64(sum[len(id):], uint64(expires))
	copy(b, sum[len(id):])
	binary.BigEndian.PutUint32(b[8:], checksum(sum[:]))
	clear(b[12:slotSize])
}
