package hashstore

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	magic         = "coatcheck hash\r\n" // spoiled by what changes line ends
	formatVersion = 1
	endianMark    = 0x01020304
	headerUsed    = 64
)

// A header is what never changes in a file. It stands at its beginning and
// once more behind that.
//
//	 0 16  magic
//	16  4  version of the format
//	20  4  0x01020304 in the byte order of the file
//	24  4  bytes of a segment
//	28 16  the file's own random number
//	44 16  seed of the index
//	60  4  CRC-32C of the bytes before
type header struct {
	segment int64
	uuid    [16]byte
	seed    [16]byte
}

func newHeader(segment int64) header {
	h := header{segment: segment}
	rand.Read(h.uuid[:])
	rand.Read(h.seed[:])
	return h
}

func (h *header) encode() []byte {
	b := make([]byte, headerSize)
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[16:], formatVersion)
	binary.LittleEndian.PutUint32(b[20:], endianMark)
	binary.LittleEndian.PutUint32(b[24:], uint32(h.segment))
	copy(b[28:], h.uuid[:])
	copy(b[44:], h.seed[:])
	binary.LittleEndian.PutUint32(b[60:], checksum(b[:60]))
	return b
}

// errNoHeader means that there is nothing of ours at that place.
var errNoHeader = errors.New("no header")

// decodeHeader reads a header. errNoHeader means that it is none or damaged;
// any other error that it is one that this program cannot use.
func decodeHeader(b []byte) (h header, err error) {
	if string(b[:16]) != magic || binary.LittleEndian.Uint32(b[60:]) != checksum(b[:60]) {
		return h, errNoHeader
	}
	h.segment = int64(binary.LittleEndian.Uint32(b[24:]))
	copy(h.uuid[:], b[28:])
	copy(h.seed[:], b[44:])
	switch v := binary.LittleEndian.Uint32(b[16:]); {
	case binary.LittleEndian.Uint32(b[20:]) != endianMark:
		return h, foreign("was written in another byte order")
	case v != formatVersion:
		return h, foreign(fmt.Sprintf("has version %d of the format; this program knows version %d", v, formatVersion))
	case h.segment != largeSegment && h.segment != smallSegment:
		return h, foreign(fmt.Sprintf("has segments of %d bytes, which this program does not know", h.segment))
	}
	return h, nil
}

// The head of a segment that holds records:
//
//	 0  8  "segment\n"
//	 8 16  the file's random number
//	24  4  number of the segment
//	28  4  segLog or segGiant
//	32  8  the number at which the segment began
//	40  4  bytes of a segment
//	44 16  seed of the index
//	60  4  CRC-32C of the bytes before
const segmentMagic = "segment\n"

func (h *header) encodeSegment(n int, state, born uint64) []byte {
	b := make([]byte, segmentHead)
	copy(b, segmentMagic)
	copy(b[8:], h.uuid[:])
	binary.LittleEndian.PutUint32(b[24:], uint32(n))
	binary.LittleEndian.PutUint32(b[28:], uint32(state))
	binary.LittleEndian.PutUint64(b[32:], born)
	binary.LittleEndian.PutUint32(b[40:], uint32(h.segment))
	copy(b[44:], h.seed[:])
	binary.LittleEndian.PutUint32(b[60:], checksum(b[:60]))
	return b
}

// decodeSegment reads the head of segment n. ok is false if it is none of this
// file and place.
func (h *header) decodeSegment(b []byte, n int) (state, born uint64, ok bool) {
	if string(b[:8]) != segmentMagic || binary.LittleEndian.Uint32(b[60:]) != checksum(b[:60]) ||
		[16]byte(b[8:24]) != h.uuid || binary.LittleEndian.Uint32(b[24:]) != uint32(n) {
		return 0, 0, false
	}
	state = uint64(binary.LittleEndian.Uint32(b[28:]))
	return state, binary.LittleEndian.Uint64(b[32:]), state == segLog || state == segGiant
}

// headerOf reads the header that a segment's head implies, for a file that has
// lost its own.
func headerOf(b []byte) (h header, n int, ok bool) {
	if string(b[:8]) != segmentMagic || binary.LittleEndian.Uint32(b[60:]) != checksum(b[:60]) {
		return h, 0, false
	}
	h.segment = int64(binary.LittleEndian.Uint32(b[40:]))
	copy(h.uuid[:], b[8:])
	copy(h.seed[:], b[44:])
	n = int(binary.LittleEndian.Uint32(b[24:]))
	return h, n, (h.segment == largeSegment || h.segment == smallSegment) && n < maxSegments
}
