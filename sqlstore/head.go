package sqlstore

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The format of the column head, version 1; numbers are big-endian.
//
//	 0  1  format version, 1
//	 1  8  created, 9 8 auth time, 17 8 deadline, in milliseconds since 1970
//	25  8  version
//	33  2  length of the owner
//	35     owner, and behind it Record.Meta
//
// It holds all of a record that changes only when the record is replaced, so
// that a load reads three columns. The columns owner, deadline and version
// repeat what is in it for the conditions of our statements.
const (
	headVersion = 1
	headFixed   = 35
)

// maxOwner is the greatest length of an owner in bytes: an index cannot take
// much more in any of the databases.
const maxOwner = 1024

// MaxData is the greatest length of a record's data in bytes. A server's own
// limit for one statement may be lower, such as MySQL's max_allowed_packet.
const MaxData = 16<<20 - 1

// check returns an error for a record that does not fit.
func check(rec *coatcheck.Record) error {
	switch {
	case len(rec.Data) > MaxData:
		return fmt.Errorf("sqlstore: %w: the data has %d bytes; at most %d fit", coatcheck.ErrTooLarge, len(rec.Data), MaxData)
	case len(rec.Meta) > coatcheck.MaxMeta:
		return fmt.Errorf("sqlstore: %w: the meta has %d bytes; at most %d fit", coatcheck.ErrTooLarge, len(rec.Meta), coatcheck.MaxMeta)
	case len(rec.Owner) > maxOwner:
		return fmt.Errorf("sqlstore: %w: the owner has %d bytes; at most %d fit", coatcheck.ErrTooLarge, len(rec.Owner), maxOwner)
	}
	return nil
}

// head writes a record's head.
func head(rec *coatcheck.Record) []byte {
	b := make([]byte, 1, headFixed+len(rec.Owner)+len(rec.Meta))
	b[0] = headVersion
	for _, t := range [...]time.Time{rec.Created, rec.AuthTime, rec.Deadline} {
		b = binary.BigEndian.AppendUint64(b, uint64(t.UnixMilli()))
	}
	b = binary.BigEndian.AppendUint64(b, rec.Version)
	b = binary.BigEndian.AppendUint16(b, uint16(len(rec.Owner)))
	return append(append(b, rec.Owner...), rec.Meta...)
}

// readHead reads a head into a record. The record keeps b.
func readHead(b []byte, rec *coatcheck.Record) error {
	if len(b) < headFixed || b[0] != headVersion {
		return fmt.Errorf("%w: the head is none of ours", coatcheck.ErrCorrupt)
	}
	owner := headFixed + int(binary.BigEndian.Uint16(b[33:]))
	if owner > len(b) || len(b)-owner > coatcheck.MaxMeta {
		return fmt.Errorf("%w: the head is cut off", coatcheck.ErrCorrupt)
	}
	rec.Created, rec.AuthTime, rec.Deadline = timeAt(b[1:]), timeAt(b[9:]), timeAt(b[17:])
	rec.Version = binary.BigEndian.Uint64(b[25:])
	rec.Owner = string(b[headFixed:owner])
	rec.Meta = b[owner:len(b):len(b)]
	return nil
}

func timeAt(b []byte) time.Time { return fromMillis(int64(binary.BigEndian.Uint64(b))) }

// fromMillis is the time of a column. The zero time comes back as such.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
