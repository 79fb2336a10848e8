package memstore

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// decode reads a snapshot of the given size. It believes no number in it
// before it has compared it with the size, so it never asks for more memory
// than the file could fill.
func decode(r io.Reader, size int64) (head, []*coatcheck.Record, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	h, err := decodeHead(in, size)
	if err != nil {
		return head{}, nil, err
	}
	recs, sum, err := decodeRecords(in, h)
	if err != nil {
		return head{}, nil, err
	}
	return h, recs, decodeTail(in, sum)
}

func decodeHead(in io.Reader, size int64) (h head, err error) {
	if size < headSize+tailSize {
		return h, damage("it has %d bytes, fewer than an empty snapshot", size)
	}
	var b [headSize]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		return h, err
	}
	if err := checkMagic(b[:], snapshotMagic, snapshotVersion); err != nil {
		return h, err
	}
	if binary.BigEndian.Uint32(b[48:]) != checksum(b[:48]) {
		return h, damage("the checksum of its head is wrong")
	}
	h = head{
		written:  int64(binary.BigEndian.Uint64(b[16:])),
		position: binary.BigEndian.Uint64(b[24:]),
		records:  binary.BigEndian.Uint64(b[32:]),
		bytes:    binary.BigEndian.Uint64(b[40:]),
	}
	switch room := uint64(size - headSize - tailSize); {
	case binary.BigEndian.Uint32(b[12:]) != 0:
		return h, damage("bytes 12 to 15 are not zero")
	case h.bytes != room:
		return h, damage("its records take %d bytes, but should take %d", room, h.bytes)
	case h.records > room/(recordHead+recordMin):
		return h, damage("%d records cannot be in %d bytes", h.records, room)
	}
	return h, nil
}

// decodeRecords reads the records, which take exactly h.bytes, and computes
// the checksum of all.
func decodeRecords(in io.Reader, h head) (recs []*coatcheck.Record, sum uint32, err error) {
	seen := make(map[coatcheck.ID]bool, h.records)
	recs = make([]*coatcheck.Record, 0, h.records)
	left := h.bytes
	for n := range h.records {
		var front [recordHead]byte
		if left < recordHead+recordMin {
			return nil, 0, damage("record %d of %d has no room", n+1, h.records)
		}
		if _, err := io.ReadFull(in, front[:]); err != nil {
			return nil, 0, err
		}
		left -= recordHead
		size := uint64(binary.BigEndian.Uint32(front[:]))
		if size < recordMin || size > left {
			return nil, 0, damage("record %d of %d has a length of %d", n+1, h.records, size)
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(in, body); err != nil {
			return nil, 0, err
		}
		left -= size
		if binary.BigEndian.Uint32(front[4:]) != checksum(body) {
			return nil, 0, damage("the checksum of record %d of %d is wrong", n+1, h.records)
		}
		rec, ok := decodeRecord(body)
		if !ok {
			return nil, 0, damage("the lengths in record %d of %d are wrong", n+1, h.records)
		}
		if seen[rec.ID] {
			return nil, 0, damage("record %d of %d has the ID of another", n+1, h.records)
		}
		seen[rec.ID] = true
		recs = append(recs, rec)
		sum = crc32.Update(crc32.Update(sum, castagnoli, front[:]), castagnoli, body)
	}
	if left != 0 {
		return nil, 0, damage("%d bytes follow the last record", left)
	}
	return recs, sum, nil
}

// decodeRecord reads one record. It keeps parts of b.
func decodeRecord(b []byte) (rec *coatcheck.Record, ok bool) {
	owner := uint64(binary.BigEndian.Uint32(b[72:]))
	meta := uint64(binary.BigEndian.Uint32(b[76:]))
	rest := b[recordMin:]
	if owner+meta > uint64(len(rest)) {
		return nil, false
	}
	return &coatcheck.Record{
		ID:       coatcheck.ID(b[:32]),
		Version:  binary.BigEndian.Uint64(b[32:]),
		Created:  decodeTime(b[40:]),
		AuthTime: decodeTime(b[48:]),
		Deadline: decodeTime(b[56:]),
		Expires:  decodeTime(b[64:]),
		Owner:    string(rest[:owner]),
		Meta:     rest[owner : owner+meta : owner+meta],
		Data:     rest[owner+meta:],
	}, true
}

// decodeTime also brings the zero time back, which is a whole millisecond.
func decodeTime(b []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC()
}

func decodeTail(in io.Reader, sum uint32) error {
	var b [tailSize + 1]byte
	n, err := io.ReadFull(in, b[:])
	switch {
	case err != io.ErrUnexpectedEOF && err != nil:
		return err
	case n != tailSize:
		return damage("it does not end where it should")
	case binary.BigEndian.Uint32(b[:]) != sum:
		return damage("the checksum of all records is wrong")
	case string(b[4:8]) != snapshotEnd:
		return damage("it does not end in %q", snapshotEnd)
	}
	return nil
}
