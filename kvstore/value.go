package kvstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A value is, with integers in big-endian order and times in milliseconds since
// 1970 UTC:
//
//	 0  4  "cck" and the version of the format, 1
//	 4  4  CRC-32C of all that follows
//	 8 32  ID
//	40  8  version of the record
//	48  8  created
//	56  8  time of login
//	64  8  deadline
//	72  8  expires
//	80  4  length of the owner
//	84  4  length of the meta data
//	88     owner, meta data, data
const (
	valueMagic = "cck\x01"
	sumAt      = 4
	idAt       = 8
	versionAt  = 40
	timesAt    = 48
	ownerAt    = 80
	metaAt     = 84
	headSize   = 88
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the value of a record, or ErrTooLarge.
func (s *Store) encode(rec *coatcheck.Record) ([]byte, error) {
	size := headSize + len(rec.Owner) + len(rec.Meta) + len(rec.Data)
	if size > s.opts.MaxValue {
		return nil, fmt.Errorf("kvstore: %w: its record takes %d bytes; Options.MaxValue is %d", coatcheck.ErrTooLarge, size, s.opts.MaxValue)
	}
	b := make([]byte, headSize, size)
	copy(b, valueMagic)
	copy(b[idAt:], rec.ID[:])
	binary.BigEndian.PutUint64(b[versionAt:], rec.Version)
	for i, t := range [...]time.Time{rec.Created, rec.AuthTime, rec.Deadline, rec.Expires} {
		binary.BigEndian.PutUint64(b[timesAt+8*i:], uint64(t.UnixMilli()))
	}
	binary.BigEndian.PutUint32(b[ownerAt:], uint32(len(rec.Owner)))
	binary.BigEndian.PutUint32(b[metaAt:], uint32(len(rec.Meta)))
	b = append(b, rec.Owner...)
	b = append(b, rec.Meta...)
	b = append(b, rec.Data...)
	binary.BigEndian.PutUint32(b[sumAt:], crc32.Checksum(b[idAt:], castagnoli))
	return b, nil
}

// decode reads the value that was found under the key of id. It keeps parts
// of b.
func decode(b []byte, id coatcheck.ID) (*coatcheck.Record, error) {
	switch {
	case len(b) < headSize:
		return nil, damage("it has %d bytes, fewer than an empty record", len(b))
	case string(b[:3]) != valueMagic[:3]:
		return nil, damage("it does not begin as a record does")
	case b[3] != valueMagic[3]:
		return nil, damage("its format has the version %d; this program reads %d", b[3], valueMagic[3])
	case binary.BigEndian.Uint32(b[sumAt:]) != crc32.Checksum(b[idAt:], castagnoli):
		return nil, damage("its checksum is wrong")
	case coatcheck.ID(b[idAt:versionAt]) != id:
		return nil, damage("it is the record of another session")
	}
	owner, meta := uint64(binary.BigEndian.Uint32(b[ownerAt:])), uint64(binary.BigEndian.Uint32(b[metaAt:]))
	rest := b[headSize:]
	if owner+meta > uint64(len(rest)) {
		return nil, damage("its lengths are wrong")
	}
	return &coatcheck.Record{
		ID:       id,
		Version:  binary.BigEndian.Uint64(b[versionAt:]),
		Created:  decodeTime(b[timesAt:]),
		AuthTime: decodeTime(b[timesAt+8:]),
		Deadline: decodeTime(b[timesAt+16:]),
		Expires:  decodeTime(b[timesAt+24:]),
		Owner:    string(rest[:owner]),
		Meta:     rest[owner : owner+meta : owner+meta],
		Data:     rest[owner+meta:],
	}, nil
}

func decodeTime(b []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC()
}

// damage says what is wrong with a value.
func damage(format string, args ...any) error {
	return fmt.Errorf("kvstore: %w: "+format, append([]any{coatcheck.ErrCorrupt}, args...)...)
}
