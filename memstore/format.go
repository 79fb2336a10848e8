package memstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/coatcheck/coatcheck"
)

// The format of a snapshot, version 1. Numbers are big-endian, checksums are
// CRC-32C.
//
// First the head:
//
//	 0  8  "ccmemsnp"
//	 8  4  format version, 1
//	12  4  zero
//	16  8  when it was written, in milliseconds since 1970
//	24  8  position in the journal: later entries apply to this snapshot
//	32  8  number of records
//	40  8  bytes that the records take
//	48  4  checksum of the 48 bytes before
//
// Then each record:
//
//	 0  4  length of what follows the checksum
//	 4  4  checksum of it
//	 8 32  ID
//	40  8  version
//	48 32  created, auth time, deadline, expires: milliseconds since 1970
//	80  4  length of the owner
//	84  4  length of the meta
//	88     owner, meta, and data to the end
//
// And at the end:
//
//	0  4  checksum of all bytes of the records
//	4  4  "end\n"
const (
	snapshotMagic   = "ccmemsnp"
	snapshotVersion = 1
	snapshotEnd     = "end\n"

	headSize   = 52
	recordHead = 8
	recordMin  = 80 // what a record's length covers at least
	tailSize   = 8
)

// A head is what a snapshot begins with.
type head struct {
	written  int64
	position uint64
	records  uint64
	bytes    uint64
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// damage is the error about a file that does not follow its format. The
// message ends in a rule, broken.
func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", coatcheck.ErrCorrupt, fmt.Sprintf(format, args...))
}

// checkMagic checks the first sixteen bytes, which the formats have in common.
func checkMagic(b []byte, magic string, version uint32) error {
	if string(b[:8]) != magic {
		return damage("it does not begin with %q, so it is no file of this store", magic)
	}
	if v := binary.BigEndian.Uint32(b[8:]); v != version {
		return damage("its format version is %d; this program knows only %d", v, version)
	}
	return nil
}
