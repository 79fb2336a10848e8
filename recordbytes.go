package coatcheck

import (
	"encoding"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

// The binary form of a record, version 1; numbers are big-endian, and times
// are milliseconds since 1970 UTC.
//
//	 0  4  "ccr" and the version of the format, 1
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
	recordMagic   = "ccr\x01"
	recordSum     = 4
	recordID      = 8
	recordVersion = 40
	recordTimes   = 48
	recordOwner   = 80
	recordMeta    = 84
	recordHead    = 88
)

var (
	_ encoding.BinaryAppender    = (*Record)(nil)
	_ encoding.BinaryMarshaler   = (*Record)(nil)
	_ encoding.BinaryUnmarshaler = (*Record)(nil)
)

// AppendBinary appends the record in a form for stores that keep a record as
// one run of bytes. It has 88 bytes more than Owner, Meta and Data together;
// Data is at its end, as the manager's codec wrote it. The error is always nil.
func (r *Record) AppendBinary(b []byte) ([]byte, error) {
	start := len(b)
	b = append(b, recordMagic...)
	b = append(b, 0, 0, 0, 0)
	b = append(b, r.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Version)
	for _, t := range [...]time.Time{r.Created, r.AuthTime, r.Deadline, r.Expires} {
		b = binary.BigEndian.AppendUint64(b, uint64(t.UnixMilli()))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Owner)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Meta)))
	b = append(b, r.Owner...)
	b = append(b, r.Meta...)
	b = append(b, r.Data...)
	sum := crc32.Checksum(b[start+recordID:], castagnoli)
	binary.BigEndian.PutUint32(b[start+recordSum:], sum)
	return b, nil
}

// MarshalBinary returns what [Record.AppendBinary] appends.
func (r *Record) MarshalBinary() ([]byte, error) {
	return r.AppendBinary(make([]byte, 0, recordHead+len(r.Owner)+len(r.Meta)+len(r.Data)))
}

// UnmarshalBinary makes r the record that [Record.AppendBinary] wrote. It keeps
// parts of b, which nobody may change afterwards. Anything else is
// [ErrCorrupt] and leaves r as it was; the caller checks that the ID is the one
// that it looked for.
func (r *Record) UnmarshalBinary(b []byte) error {
	switch {
	case len(b) < recordHead:
		return damaged("it has %d bytes, fewer than an empty one", len(b))
	case string(b[:3]) != recordMagic[:3]:
		return damaged("it does not begin as a record does")
	case b[3] != recordMagic[3]:
		return damaged("its format has the version %d; this program reads %d", b[3], recordMagic[3])
	case binary.BigEndian.Uint32(b[recordSum:]) != crc32.Checksum(b[recordID:], castagnoli):
		return damaged("its checksum is wrong")
	}
	owner, meta := uint64(binary.BigEndian.Uint32(b[recordOwner:])), uint64(binary.BigEndian.Uint32(b[recordMeta:]))
	rest := b[recordHead:]
	if owner+meta > uint64(len(rest)) {
		return damaged("its lengths are wrong")
	}
	*r = Record{
		ID:       ID(b[recordID:recordVersion]),
		Version:  binary.BigEndian.Uint64(b[recordVersion:]),
		Created:  milliseconds(b[recordTimes:]),
		AuthTime: milliseconds(b[recordTimes+8:]),
		Deadline: milliseconds(b[recordTimes+16:]),
		Expires:  milliseconds(b[recordTimes+24:]),
		Owner:    string(rest[:owner]),
		Meta:     rest[owner : owner+meta : owner+meta],
		Data:     rest[owner+meta:],
	}
	return nil
}

// milliseconds also brings the zero time back, which is a whole millisecond.
func milliseconds(b []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC()
}

// damaged says what is wrong with the binary form of a record.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}
