//go:build linux

package simple

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A frame is one change in the file: the length of its body, the checksum of
// that, and the body. Numbers are little-endian. The body is an ID alone when
// the record was deleted, else the ID, five numbers, and the lengths and bytes
// of owner, meta and data.
const frameHead = 8

const idSize = len(coatcheck.ID{})

var (
	table   = crc32.MakeTable(crc32.Castagnoli)
	errTorn = errors.New("simple: torn frame")
)

// appendFrame writes a frame behind b. rec is nil when id was deleted.
func appendFrame(b []byte, id coatcheck.ID, rec *coatcheck.Record) []byte {
	start := len(b)
	b = append(b, make([]byte, frameHead)...)
	b = append(b, id[:]...)
	if rec != nil {
		for _, t := range [...]time.Time{rec.Created, rec.AuthTime, rec.Deadline, rec.Expires} {
			b = binary.LittleEndian.AppendUint64(b, uint64(t.UnixMilli()))
		}
		b = binary.LittleEndian.AppendUint64(b, rec.Version)
		for _, field := range [...][]byte{[]byte(rec.Owner), rec.Meta, rec.Data} {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(field)))
			b = append(b, field...)
		}
	}
	body := b[start+frameHead:]
	binary.LittleEndian.PutUint32(b[start:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[start+4:], crc32.Checksum(body, table))
	return b
}

// readFrame reads the frame at the beginning of b and returns what is behind it.
func readFrame(b []byte) (id coatcheck.ID, rec *coatcheck.Record, rest []byte, err error) {
	if len(b) < frameHead {
		return id, nil, nil, errTorn
	}
	size, sum := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	b = b[frameHead:]
	if uint64(size) > uint64(len(b)) || int(size) < idSize || crc32.Checksum(b[:size], table) != sum {
		return id, nil, nil, errTorn
	}
	body, rest := b[:size], b[size:]
	copy(id[:], body)
	if len(body) == idSize {
		return id, nil, rest, nil
	}
	return id, readRecord(id, body[idSize:]), rest, nil
}

// readRecord reads the body of a frame whose checksum is right.
func readRecord(id coatcheck.ID, b []byte) *coatcheck.Record {
	number := func() uint64 {
		n := binary.LittleEndian.Uint64(b)
		b = b[8:]
		return n
	}
	moment := func() time.Time {
		t := time.UnixMilli(int64(number())).UTC()
		if t.Year() <= 1 {
			return time.Time{}
		}
		return t
	}
	field := func() []byte {
		n := binary.LittleEndian.Uint32(b)
		f := b[4 : 4+n : 4+n]
		b = b[4+n:]
		return f
	}
	rec := &coatcheck.Record{ID: id, Created: moment(), AuthTime: moment(), Deadline: moment(), Expires: moment(), Version: number()}
	rec.Owner, rec.Meta, rec.Data = string(field()), field(), field()
	return rec
}
