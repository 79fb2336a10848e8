package memstore

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// encode writes a snapshot.
func encode(w io.Writer, written time.Time, position uint64, recs []*coatcheck.Record) error {
	out := bufio.NewWriterSize(w, 64<<10)
	h := head{written: written.UnixMilli(), position: position, records: uint64(len(recs))}
	for _, rec := range recs {
		h.bytes += uint64(recordHead + recordMin + len(rec.Owner) + len(rec.Meta) + len(rec.Data))
	}
	out.Write(appendHead(nil, h)) // a failed write sticks and comes out of Flush
	var sum uint32
	var b []byte
	for _, rec := range recs {
		b = appendRecord(b[:0], rec)
		sum = crc32.Update(sum, castagnoli, b)
		out.Write(b)
	}
	b = binary.BigEndian.AppendUint32(b[:0], sum)
	out.Write(append(b, snapshotEnd...))
	return out.Flush()
}

func appendHead(b []byte, h head) []byte {
	start := len(b)
	b = append(b, snapshotMagic...)
	b = binary.BigEndian.AppendUint32(b, snapshotVersion)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(h.written))
	b = binary.BigEndian.AppendUint64(b, h.position)
	b = binary.BigEndian.AppendUint64(b, h.records)
	b = binary.BigEndian.AppendUint64(b, h.bytes)
	return binary.BigEndian.AppendUint32(b, checksum(b[start:]))
}

func appendRecord(b []byte, rec *coatcheck.Record) []byte {
	start := len(b)
	b = append(b, make([]byte, recordHead)...)
	b = append(b, rec.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, rec.Version)
	for _, t := range [...]time.Time{rec.Created, rec.AuthTime, rec.Deadline, rec.Expires} {
		b = binary.BigEndian.AppendUint64(b, uint64(t.UnixMilli()))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(rec.Owner)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(rec.Meta)))
	b = append(b, rec.Owner...)
	b = append(b, rec.Meta...)
	b = append(b, rec.Data...)
	body := b[start+recordHead:]
	binary.BigEndian.PutUint32(b[start:], uint32(len(body)))
	binary.BigEndian.PutUint32(b[start+4:], checksum(body))
	return b
}
